"""Requests as they come from the gateway's events: final, in order, each at least once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.errors import ChainBoyError, ChainError
from chainboy.events.cursor import Cursor
from chainboy.events.log import LogEvent
from chainboy.events.source import EventSource
from chainboy.node.home import Inbox
from chainboy.node.journal import Journal
from chainboy.node.rows import Task

_log = logging.getLogger(__name__)

_STRIDE = 16
"""Blocks between two writes of the cursor: so few are read again quickly, and tasks are known by their id."""


class GatewayInbox:
    """Tasks out of an event source that watches one gateway's ``TaskRequested``."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._polled: Sequence[LogEvent] = ()

    def poll(self) -> Sequence[Task]:
        """The tasks in the events that wait; what is no proper request is logged and passed over."""
        self._polled = self._source.poll()
        return list(self._tasks(self._polled))

    def acknowledge(self) -> None:
        """What was polled is in the journal."""
        if self._polled:
            self._source.acknowledge(self._polled[-1])
            self._polled = ()

    def _tasks(self, events: Sequence[LogEvent]) -> Iterator[Task]:
        for log in events:
            try:
                yield _task(log)
            except ChainBoyError as error:
                _log.warning("a request in block %d is passed over: %s", log.block_number, error)


class Inboxes:
    """The tasks of several gateways; one whose endpoint fails keeps none of the others waiting."""

    def __init__(self, inboxes: Mapping[str, Inbox]) -> None:
        self._inboxes = inboxes

    def poll(self) -> Sequence[Task]:
        """What waits in any of them; a failure is logged under the inbox's name."""
        return [task for name, inbox in self._inboxes.items() for task in self._poll(name, inbox)]

    def acknowledge(self) -> None:
        """What was polled is in the journal."""
        for inbox in self._inboxes.values():
            inbox.acknowledge()

    @staticmethod
    def _poll(name: str, inbox: Inbox) -> Sequence[Task]:
        try:
            return inbox.poll()
        except ChainError as error:
            _log.warning("requests on %s have to wait: %s", name, error)
            return ()


def _task(log: LogEvent) -> Task:
    event = Gateway.decode(log)
    if not isinstance(event, TaskRequested):
        raise ChainError(f"the endpoint gave {type(event).__name__} where requests were asked for")
    task = Task(request=event.request, input=event.input, block=log.block_number)
    if task.task_id != event.task_id:
        raise ChainError(f"the request of 0x{event.task_id.hex()} makes another task; use another endpoint")
    return task


class JournalCursor:
    """Keeps a source's cursor in the node's journal, where it lags behind by a few blocks."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name
        self._saved: int | None = None

    def load(self) -> Cursor | None:
        """The cursor saved last."""
        text = self._journal.load(self._name)
        if text is None:
            return None
        number, _, block_hash = text.partition(" ")
        self._saved = int(number)
        return Cursor(self._saved, bytes.fromhex(block_hash))

    def save(self, cursor: Cursor) -> None:
        """Keep ``cursor`` if it is far from the one kept."""
        if self._saved is None or abs(cursor.number - self._saved) >= _STRIDE:
            self._journal.save(self._name, f"{cursor.number} {cursor.hash.hex()}")
            self._saved = cursor.number
