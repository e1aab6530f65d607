"""What stands around a node's view of its home chain and changes a part of it: all else is passed on."""

from __future__ import annotations

from collections.abc import Sequence

from chainboy.events.log import BlockRef
from chainboy.node.home import Blocks, Home, RoundLog, Seat
from chainboy.node.rows import Task
from chainboy.node.view import Clocks, View
from chainboy.units import Digest


class ForwardingHome:
    """A :class:`~chainboy.node.home.Home` that asks another one, for classes that override some of it."""

    def __init__(self, inner: Home) -> None:
        self._inner = inner

    @property
    def clocks(self) -> Clocks:
        """The deployment's windows."""
        return self._inner.clocks

    def blocks(self) -> Blocks:
        """The head and the newest final block."""
        return self._inner.blocks()

    def holds(self, number: int, block_hash: Digest) -> bool:
        """The chain's block of this number is the one with this hash."""
        return self._inner.holds(number, block_hash)

    def foresee(self, tasks: Sequence[Task], blocks: Blocks) -> None:
        """What will be looked at."""
        self._inner.foresee(tasks, blocks)

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at ``block``."""
        return self._inner.view(task, attempt, block)

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """What happened in the task's current attempt."""
        return self._inner.round_log(task, block)

    def seat(self, block: BlockRef) -> Seat:
        """Our place in the active set."""
        return self._inner.seat(block)
