"""The five nodes of the demo: three that follow the rules, one that lies, one that copies."""

from __future__ import annotations

from functools import partial

import attrs

from chainboy.consensus.outcome import Outcome, Status
from chainboy.testing.adversaries import copying_node, lying_node
from chainboy.testing.network import NodeFactory


def boast(outcome: bytes) -> bytes:
    """The outcome with its first word doubled; a failure becomes a success with nothing to show."""
    true = Outcome.decode(outcome)
    if true.status is not Status.OK:
        return Outcome(Status.OK, true.fuel, bytes(32)).encode()
    first = (2 * int.from_bytes(true.payload[:32])) % 2**256
    return Outcome(Status.OK, true.fuel, first.to_bytes(32) + true.payload[32:]).encode()


@attrs.frozen(kw_only=True)
class Role:
    """One node: how it is called, what it has bonded, what it does wrong."""

    name: str
    bond: int
    habit: str
    factory: NodeFactory | None = None


CAST = (
    Role(name="Ada", bond=300, habit="follows the rules"),
    Role(name="Bela", bond=250, habit="is stopped after its first commit and started again"),
    Role(name="Cleo", bond=200, habit="follows the rules"),
    Role(name="Dina", bond=150, habit="lies about every outcome", factory=partial(lying_node, lie=boast)),
    Role(name="Emil", bond=100, habit="copies another node's commitment", factory=copying_node),
)

RESTARTED = 1
"""The place in the cast of the node that is stopped after its first commit."""


def factories() -> dict[int, NodeFactory]:
    """The makers of the nodes that do not follow the rules, by their place in the cast."""
    return {index: role.factory for index, role in enumerate(CAST) if role.factory is not None}
