"""How long a replica goes on whose chain's endpoint keeps its rounds of work from their tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from chainboy.errors import ChainBoyError, JournalError


class Opening(Protocol):
    """What is asked of a node: whether its round got as far as its tasks."""

    @property
    def opened(self) -> bool:
        """The round that runs, or ran last, did."""
        ...


class Patience:
    """Calls ``hand_over`` with the reason once no round has got as far as its tasks for ``seconds``.

    That is judged when a round has failed, never in between: a round that takes long is none that fails, and
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
        self._since: float | None = None
        """When the first of the rounds began that have failed without a good one among them."""

    def follow(self, node: Opening) -> None:
        """These are the rounds of ``node``, which tells :meth:`stepped` of each."""
        self._node = node

    def stepped(self, seconds: float, error: ChainBoyError | None) -> None:
        """A :data:`~chainboy.node.runner.Clock`: a round is over; without its journal the turn is, too."""
        if isinstance(error, JournalError):
            return
        if error is None or self._node is None or self._node.opened:
            self._since = None
            return
        now = self._now()
        if self._since is None:
            self._since = now - seconds
        if now - self._since >= self._seconds:
            self._hand_over(f"no round of work has reached its tasks for {now - self._since:.0f} s: {error}")
