"""A node's rounds of work: pauses, bells, failures, and what ends with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from village import Villager, WatchedChain, address

from chainboy.errors import ChainError, JournalError
from chainboy.events.bell import Bell
from chainboy.node.rows import Task


class Inbox:
    """Raises one failure after the other, then ends the loop."""

    def __init__(self, stop: Any, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stop = stop

    def poll(self) -> Sequence[Task]:
        """The next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.stop.set()
        return ()

    def acknowledge(self) -> None:
        """Nothing was given."""


class Stop(threading.Event):
    """Notes the pauses; no time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """At once."""
        self.pauses.append(timeout or 0)
        return self.is_set()


def test_the_loop_of_a_node(tmp_path: Path) -> None:
    """Longer pauses while it fails, up to a minute; without a journal it stops."""
    villager, stop = Villager(WatchedChain({address(0): 10}), 0, tmp_path), Stop()
    inbox = Inbox(stop, *[ChainError("down")] * 7)
    villager.node.replacing(inbox=inbox).run(stop, pause=1.0)
    assert stop.pauses == [2, 4, 8, 16, 32, 60, 60, 0.02]
    with pytest.raises(JournalError, match="full"):
        villager.node.replacing(inbox=Inbox(stop, JournalError("full"))).run(Stop())
    assert villager.node.address == address(0)
    villager.close()


def test_a_bell_ends_a_pause(tmp_path: Path) -> None:
    """After a breath, unless the round has failed: then nobody outside shortens the pause."""
    villager, stop = Villager(WatchedChain({address(0): 10}), 0, tmp_path), Stop()
    bell = Bell()

    class Ringing(Inbox):
        rounds = 0

        def poll(self) -> Sequence[Task]:
            bell.ring()
            self.rounds += 1
            return () if self.rounds == 1 else super().poll()

    villager.node.replacing(inbox=Ringing(stop, ChainError("down")), bell=bell).run(stop, pause=1.0)
    assert stop.pauses == [0.02] * 13 + [2, 0.02]
    villager.close()


def test_what_ends_with_a_node(tmp_path: Path) -> None:
    """Sources put there what they opened."""
    villager = Villager(WatchedChain({address(0): 10}), 0, tmp_path)
    ended: list[str] = []
    villager.node.parts.closing.callback(ended.append, "listener")
    villager.close()
    assert ended == ["listener"]


def test_a_task_that_fails_keeps_none_waiting(tmp_path: Path) -> None:
    """The others have their turn, then it is told; a journal that fails ends the round at once."""
    chain = WatchedChain({address(0): 10})
    villager = Villager(chain, 0, tmp_path)
    tasks = [chain.ask(), chain.ask()]
    chain.mine()
    chain.mine()
    home = villager.node.parts.home
    view = home.view
    failure: Exception = ChainError("lost")

    def lost(task: Task, *args: Any) -> Any:
        if task.task_id == tasks[0].task_id:
            raise failure
        return view(task, *args)

    home.view = lost  # type: ignore[method-assign]
    with pytest.raises(ChainError, match="lost"):
        villager.node.step()
    assert [villager.state(task) for task in tasks] == ["seen", "committing"]
    failure = JournalError("full")
    with pytest.raises(JournalError, match="full"):
        villager.node.step()
    villager.close()
