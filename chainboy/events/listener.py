"""Listens to a WebSocket for as long as the node runs: cut, frozen or refused, it is opened again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from chainboy.errors import ChainBoyError, ChainError
from chainboy.events.hint import Hint
from chainboy.events.hinted import HintedSource, HintStatistics
from chainboy.events.log import LogEvent
from chainboy.events.watch import Watch

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_log = logging.getLogger(__name__)

MOST_BYTES = 2**20
"""Of one message."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_OPENING = 10.0
_CLOSING = 1.0
_GLANCE = 0.25


@attrs.frozen(kw_only=True)
class Heard:
    """What a message meant: ``ready`` once all that was asked for is granted, ``head`` for a new block."""

    hints: tuple[Hint, ...] = ()
    ready: bool = False
    head: bool = False


class Dialect(Protocol):
    """What is said over one connection, without the connection; each connection gets a new one."""

    def greeting(self) -> Sequence[str]:
        """What to send first."""
        ...

    def hear(self, message: str | bytes) -> Heard:
        """What a message means; raises :class:`~chainboy.errors.ChainError` when it ends the conversation."""
        ...


@attrs.frozen(kw_only=True)
class Line:
    """Where to listen, and how: ``url`` and ``headers`` may hold secrets and are never shown.

    ``silence``: seconds without a new block after which a connection counts as frozen; None where blocks are
    not told of, and WebSocket's own pings decide.
    """

    name: str
    url: str = attrs.field(repr=False)
    dialect: Callable[[], Dialect]
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    silence: float | None = None


class Listener:
    """Listens on ``line`` in a thread of its own from :meth:`start` to :meth:`close`."""

    def __init__(self, line: Line, hear: Callable[[Heard], None]) -> None:
        self._line = line
        self._hear = hear
        self._stop = threading.Event()
        self._ready = False
        self._thread = threading.Thread(target=self._listen, name=f"chainboy-{line.name}", daemon=True)
        self.conversations = 0
        """How many became ready."""

    @property
    def ready(self) -> bool:
        """Whether all that happens now is heard."""
        return self._ready

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._stop.set()
        self._thread.join()

    def _listen(self) -> None:
        from websockets.exceptions import WebSocketException  # noqa: PLC0415 - for those who listen

        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            before = self.conversations
            try:
                self._converse()
            except (OSError, WebSocketException, ChainBoyError) as error:
                # The error's own words may hold the address, and with it a key.
                reason = str(error) if isinstance(error, ChainBoyError) else type(error).__name__
                _log.warning("%s is cut off (%s); it is tried again", self._line.name, reason)
            finally:
                self._ready = False
            pause = _FIRST_PAUSE if self.conversations > before else min(2 * pause, _LONGEST_PAUSE)
            self._stop.wait(pause)

    def _converse(self) -> None:
        from websockets.sync.client import connect  # noqa: PLC0415 - for those who listen

        with connect(
            self._line.url,
            additional_headers=dict(self._line.headers),
            open_timeout=_OPENING,
            close_timeout=_CLOSING,
            max_size=MOST_BYTES,
            logger=_silent(),
        ) as connection:
            dialect = self._line.dialect()
            for message in dialect.greeting():
                connection.send(message)
            self._attend(connection, dialect)

    def _attend(self, connection: ClientConnection, dialect: Dialect) -> None:
        alive = time.monotonic()
        while not self._stop.is_set():
            try:
                heard = dialect.hear(connection.recv(timeout=_GLANCE))
            except TimeoutError:
                heard = Heard()
            if heard.ready:
                self._ready = True
                self.conversations += 1
                _log.info("%s is listened to", self._line.name)
            if heard.ready or heard.head:
                alive = time.monotonic()
            patience = self._line.silence if self._ready else _OPENING
            if patience is not None and time.monotonic() - alive >= patience:
                raise ChainError(f"nothing new came for {patience:g} s")
            self._hear(heard)


class ListeningSource:
    """An :class:`~chainboy.events.source.EventSource` of the hints that come over a WebSocket.

    While the connection is down, and once after it is up again, :meth:`poll` fails: whoever asked is to look
    elsewhere for what went unheard. Listens from the beginning; what ends with the watch ends that, too.
    """

    def __init__(self, watch: Watch, line: Line) -> None:
        self._bell = watch.bell
        self._name = line.name
        self._hinted = HintedSource(watch)
        self._listener = Listener(line, self._hear)
        self._followed = 0
        """The conversation whose beginning is known to whoever polls."""
        watch.closing.callback(self._listener.close)
        self._listener.start()

    def poll(self) -> Sequence[LogEvent]:
        """Confirmed events not acknowledged yet; :class:`~chainboy.errors.ChainError` after a gap."""
        events = self._hinted.poll()
        conversation = self._listener.conversations
        if not events and (not self._listener.ready or conversation != self._followed):
            self._followed = conversation
            raise ChainError(f"{self._name} has a gap; what happened meanwhile has to be read from the chain")
        return events

    def acknowledge(self, event: LogEvent) -> None:
        """``event`` and all before it have had their effect."""
        self._hinted.acknowledge(event)

    def statistics(self) -> HintStatistics:
        """What became of the hints so far."""
        return self._hinted.statistics()

    def _hear(self, heard: Heard) -> None:
        self._hinted.tell(heard.hints)
        if heard.ready or (heard.head and self._hinted.waiting):
            self._bell.ring()


def _silent() -> logging.Logger:
    """For the library, which logs addresses and headers with the secrets in them."""
    logger = logging.Logger("chainboy.wire")  # noqa: LOG001 - no part of the tree, whose levels operators set
    logger.disabled = True
    return logger
