"""Work in a few threads, the most urgent first; how urgent something is can change while it waits."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from chainboy.node.budget import Due

T = TypeVar("T")


class Place(Generic[T]):
    """One piece of work in the line; ``future`` gets its result, and can be cancelled while it waits."""

    def __init__(self, work: Callable[[], T], due: Due) -> None:
        self.work = work
        self.due = due
        self.future: Future[T] = Future()
        self.started = False
        """Its turn has come; nothing changes that any more."""


class Line(Generic[T]):
    """Does at most ``threads`` pieces of work at the same time."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="chainboy-line")
        self._lock = threading.Lock()
        self._count = itertools.count()
        self._waiting: list[tuple[tuple[bool, int], int, Place[T]]] = []

    def join(self, work: Callable[[], T], due: Due) -> Place[T]:
        """Do ``work`` when all that is more urgent has begun."""
        place = Place(work, due)
        self._queue(place)
        self._threads.submit(self._next)
        return place

    def hurry(self, place: Place[T], due: Due) -> None:
        """Its moment has changed."""
        if due != place.due and not place.started:
            place.due = due
            self._queue(place)

    def close(self) -> None:
        """Begin nothing more; wait for what was begun."""
        self._threads.shutdown(cancel_futures=True)

    def _queue(self, place: Place[T]) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (place.due.urgency, next(self._count), place))

    def _next(self) -> None:
        place = self._most_urgent()
        if place is None:
            return
        try:
            place.future.set_result(place.work())
        except BaseException as error:  # noqa: BLE001 - the future's to raise
            place.future.set_exception(error)

    def _most_urgent(self) -> Place[T] | None:
        """The first that still waits and whose moment is the one it was queued with."""
        with self._lock:
            while self._waiting:
                urgency, _, place = heapq.heappop(self._waiting)
                if place.started or urgency != place.due.urgency:
                    continue
                place.started = True
                if place.future.set_running_or_notify_cancel():
                    return place
            return None
