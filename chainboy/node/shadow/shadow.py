"""A node's parts made a shadow's: the same eyes and the same work, and nothing that could send."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.node.executor import ProgramExecutor
from chainboy.node.parts import Parts
from chainboy.node.policy import Policy
from chainboy.node.runner import Node
from chainboy.node.shadow.home import ShadowHome
from chainboy.node.shadow.nobody import Spectator
from chainboy.node.shadow.report import Report, report
from chainboy.node.shadow.traces import Traces
from chainboy.units import Wei, Weight


class Shadow:
    """A node that would have a ``bond``, and its report; ``node`` is to be run and closed like any other."""

    def __init__(self, parts: Parts, *, bond: Weight, policy: Policy, gas_price: Callable[[], Wei]) -> None:
        """``parts``: those of a usual node whose signer is :class:`~chainboy.node.shadow.nobody.Nobody`.

        Its submitter and its attestor are replaced. ``gas_price``: wei for a unit of gas now.
        """
        self._bond = bond
        self._tariff = policy.tariff
        self._journal = parts.journal
        self._traces = Traces(parts.journal)
        if isinstance(parts.solver, ProgramExecutor):
            parts.solver.on_run(self._traces.ran)
        mine = attrs.evolve(
            parts,
            home=ShadowHome(parts.home, self._traces, parts.address, bond),
            submitter=Spectator(self._traces, gas_price),
            attestor=None,
            bailiff=None,
        )
        self.node = Node(mine, policy=policy)

    def report(self) -> Report:
        """What it has seen so far; ask before the node is closed."""
        return report(self._journal, self._traces, self._tariff, self._bond)
