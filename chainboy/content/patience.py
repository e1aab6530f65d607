"""How long to wait for a remote store, and how often to ask it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import attrs

from chainboy.errors import ConfigError, ContentNotFound, ContentUnavailable

T = TypeVar("T")


class Passing(ContentUnavailable):
    """A failure that may be over at the next try: no connection, no answer in time, too busy."""


def _above_zero(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ConfigError(f"{attribute.name} must be above zero, not {value}")


@attrs.frozen(kw_only=True)
class Patience:
    """Limits of one fetch: seconds to connect, seconds for all of it with its retries, and how many tries."""

    connect: float = attrs.field(default=5.0, validator=_above_zero)
    total: float = attrs.field(default=30.0, validator=_above_zero)
    attempts: int = attrs.field(default=3, validator=_above_zero)


class Deadline:
    """The moment when a fetch has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then; :class:`Passing` when it is over."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise Passing("it did not answer in time")
        return seconds


class Line:
    """Asks a remote store, in threads that are left behind when they do not come back in time.

    No timeout of a socket ends a peer that sends a byte now and then, so the caller never waits for the
    socket itself. At most ``most`` requests are under way or left behind; more are refused.
    """

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._free = threading.BoundedSemaphore(most)

    def __reduce__(self) -> tuple[type[Line], tuple[int]]:
        """A copy in another process has its own requests."""
        return Line, (self._most,)

    def ask(self, name: str, work: Callable[[Deadline], T], patience: Patience) -> T:
        """What ``work`` returns or raises; again as long as that is :class:`Passing` and patience lasts.

        Errors that tell of the store begin with its ``name``.
        """
        from tenacity import (  # noqa: PLC0415 - only remote stores need it
            Retrying,
            retry_if_exception_type,
            stop_after_attempt,
            stop_before_delay,
            wait_random_exponential,
        )

        deadline = Deadline(patience.total)
        again: Callable[..., T] = Retrying(
            retry=retry_if_exception_type(Passing),
            stop=stop_after_attempt(patience.attempts) | stop_before_delay(patience.total),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        try:
            return again(self._apart, work, deadline)
        except (ContentNotFound, ContentUnavailable) as error:
            raise type(error)(f"{name}: {error}") from error

    def _apart(self, work: Callable[[Deadline], T], deadline: Deadline) -> T:
        if not self._free.acquire(timeout=deadline.left()):
            raise ContentUnavailable("it has not ended any of the requests before this one")
        answer: Future[T] = Future()

        def run() -> None:
            try:
                answer.set_result(work(deadline))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                answer.set_exception(error)
            finally:
                self._free.release()

        threading.Thread(target=run, name="chainboy-content", daemon=True).start()
        try:
            return answer.result(deadline.left())
        except TimeoutError:
            raise Passing("it did not answer in time") from None
