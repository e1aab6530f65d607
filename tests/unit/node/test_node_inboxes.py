"""Requests of several chains: one that fails keeps no other waiting."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from abroad import World
from mirrored import PLACE

from chainboy.errors import ChainError
from chainboy.events.polling import PollingSource
from chainboy.node.inbox import GatewayInbox, Inboxes
from chainboy.node.rows import Task


class Box:
    """An inbox that gives what it holds, or fails."""

    def __init__(self, *tasks: Task) -> None:
        self.tasks = tasks
        self.failure: Exception | None = None
        self.acknowledged = 0

    def poll(self) -> Sequence[Task]:
        """What there is."""
        if self.failure is not None:
            raise self.failure
        return self.tasks

    def acknowledge(self) -> None:
        """Count."""
        self.acknowledged += 1


class TestInboxes:
    """Several gateways' requests in one."""

    def test_all_of_them(self, world: World) -> None:
        """In the order in which they were given; each is told what is in the journal."""
        tasks = [world.ask(price=price) for price in (1, 2, 3)]
        boxes = Box(tasks[0], tasks[1]), Box(), Box(tasks[2])
        inboxes = Inboxes(dict(zip("abc", boxes, strict=True)))
        assert inboxes.poll() == tasks
        inboxes.acknowledge()
        assert [box.acknowledged for box in boxes] == [1, 1, 1]

    def test_one_that_fails(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """It is named, and keeps nobody waiting; what is no failure of an endpoint is not hidden."""
        task = world.ask()
        bad, good = Box(), Box(task)
        bad.failure = ChainError("gone")
        inboxes = Inboxes({"bad": bad, "good": good})
        assert inboxes.poll() == [task]
        assert "requests on bad have to wait: gone" in caplog.text
        bad.failure = ValueError("a mistake of ours")
        with pytest.raises(ValueError, match="mistake"):
            inboxes.poll()

    def test_a_failure_loses_nothing(self) -> None:
        """What was polled before stays unacknowledged until it is in the journal, and comes again."""
        world = World()
        task = world.ask()
        source = PollingSource(world.remote, addresses=[PLACE.gateway], confirmations=0)
        inboxes = Inboxes({"remote": GatewayInbox(source)})
        assert [each.task_id for each in inboxes.poll()] == [task.task_id]
        assert [each.task_id for each in inboxes.poll()] == [task.task_id]
        inboxes.acknowledge()
        world.remote.down = True
        assert inboxes.poll() == []
        inboxes.acknowledge()
        world.remote.down = False
        later = world.ask()
        assert [each.task_id for each in inboxes.poll()] == [later.task_id]
