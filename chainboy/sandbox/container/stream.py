"""Talks with a container: what it writes is taken in piece by piece, up to a limit.

Rule: Docker Engine API 1.24, "Attach to a container": frames of a byte for the stream, three zeros, the
size in four bytes, big-endian, and the data.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from chainboy.errors import SandboxError

STDOUT, STDERR = 1, 2
_HEADER = 8
_PIECE = 65_536


class Streams:
    """Takes the frames apart; each stream keeps at most ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._header = bytearray()
        self._stream = 0
        self._left = 0
        self._kept = {STDOUT: bytearray(), STDERR: bytearray()}

    def feed(self, data: bytes) -> None:
        """Take the next bytes, cut anywhere; :class:`SandboxError` for too many or for what is no frame."""
        at = 0
        while at < len(data):
            if self._left == 0:
                piece = data[at : at + _HEADER - len(self._header)]
                self._header += piece
                at += len(piece)
                if len(self._header) == _HEADER:
                    self._open()
                continue
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            self._keep(piece)

    def read(self, stream: int) -> bytes:
        """What was written to ``stream``."""
        return bytes(self._kept[stream])

    def _open(self) -> None:
        self._stream, self._left = self._header[0], int.from_bytes(self._header[4:])
        if self._stream not in self._kept or any(self._header[1:4]):
            raise SandboxError("the engine sent what is no frame of a container's output; check its version")
        self._header.clear()

    def _keep(self, piece: bytes) -> None:
        kept = self._kept[self._stream]
        kept += piece
        if len(kept) > self._limit:
            raise SandboxError(f"the container wrote over {self._limit} bytes; its image is not ours")


def communicate(
    attached: socket.socket, question: bytes, seconds: float, limit: int, begin: Callable[[], object]
) -> Streams:
    """``begin()``, send the question, and take in what comes until the other side ends.

    ``TimeoutError`` after ``seconds``; ``OSError`` and :class:`SandboxError` if the talk breaks.
    """
    attached.setblocking(False)
    end = time.monotonic() + seconds
    begin()
    streams, rest = Streams(limit), memoryview(question)
    with selectors.DefaultSelector() as selector:
        selector.register(attached, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while (left := end - time.monotonic()) > 0:
            events = sum(event for _, event in selector.select(left))
            if events & selectors.EVENT_WRITE:
                with contextlib.suppress(BlockingIOError, BrokenPipeError):
                    rest = rest[attached.send(rest[:_PIECE]) :]
                if not rest:
                    selector.modify(attached, selectors.EVENT_READ)
            if events & selectors.EVENT_READ:
                data = _received(attached)
                if data == b"":
                    return streams
                streams.feed(data or b"")
    raise TimeoutError


def _received(attached: socket.socket) -> bytes | None:
    """The next bytes; none at the end, None if there are none yet."""
    try:
        return attached.recv(_PIECE)
    except BlockingIOError:
        return None
