"""How long a replica goes on whose chain's endpoint keeps its rounds of work from their tasks or effects."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from chainboy.errors import ChainBoyError, JournalError
from chainboy.node.replicas.outgoing import Outgoing

if TYPE_CHECKING:
    from chainboy.chain.client import Chain


class Opening(Protocol):
    """What is asked of a node: whether its round got as far as its tasks."""

    @property
    def opened(self) -> bool:
        """The round that runs, or ran last, did."""
        ...


class Patience:
    """Calls ``hand_over`` with the reason once all rounds have failed for ``seconds``.

    A round fails that does not get as far as its tasks, or after which the endpoint takes no transactions.
    That is judged when a round has ended, never in between: one that takes long is none that fails, and
    neither is one in which only tasks did.
    """

    def __init__(
        self,
        seconds: float,
        hand_over: Callable[[str], None],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._hand_over = hand_over
        self._now = now
        self._node: Opening | None = None
        self._outgoing: Outgoing | None = None
        self._since: float | None = None
        """When the first of the rounds began that have failed without a good one among them."""

    def around(self, chain: Chain) -> None:
        """What is sent to ``chain`` counts."""
        chain.rpc = self._outgoing = Outgoing(chain.rpc)

    def follow(self, node: Opening) -> None:
        """These are the rounds of ``node``, which tells :meth:`stepped` of each."""
        self._node = node

    def stepped(self, seconds: float, error: ChainBoyError | None) -> None:
        """A :data:`~chainboy.node.runner.Clock`: a round is over; without its journal the turn is, too."""
        if isinstance(error, JournalError):
            return
        fault = self._fault(error)
        if not fault:
            self._since = None
            return
        now = self._now()
        if self._since is None:
            self._since = now - seconds
        if now - self._since >= self._seconds:
            self._hand_over(f"{fault[0]} for {now - self._since:.0f} s: {fault[1]}")

    def _fault(self, error: ChainBoyError | None) -> tuple[str, object] | None:
        """What the endpoint has done wrong, and its own words."""
        if error is not None and self._node is not None and not self._node.opened:
            return "no round of work has reached its tasks", error
        if self._outgoing is not None and self._outgoing.refused:
            return "no transaction has been taken", self._outgoing.refused
        return None
