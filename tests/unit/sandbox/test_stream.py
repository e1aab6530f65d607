"""How a container's output is taken in: frames cut anywhere, floods, ends, and no end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import SandboxError
from chainboy.sandbox.container.stream import STDERR, STDOUT, Streams, communicate


def frame(stream: int, data: bytes) -> bytes:
    """As the engine sends it."""
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


@given(
    frames=st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=40)), max_size=8),
    cut=st.integers(1, 20),
)
def test_frames_come_apart_wherever_they_are_cut(frames: list[tuple[int, bytes]], cut: int) -> None:
    """Each stream is what was written to it."""
    wire = b"".join(frame(stream, data) for stream, data in frames)
    streams = Streams(limit=1000)
    for at in range(0, len(wire), cut):
        streams.feed(wire[at : at + cut])
    for kind in (STDOUT, STDERR):
        assert streams.read(kind) == b"".join(data for stream, data in frames if stream == kind)


def test_a_flood_ends_at_the_limit() -> None:
    """Up to it all is kept; one byte more is too many, on either stream."""
    for kind in (STDOUT, STDERR):
        streams = Streams(limit=5)
        streams.feed(frame(kind, b"12345"))
        assert streams.read(kind) == b"12345"
        with pytest.raises(SandboxError, match="over 5 bytes"):
            streams.feed(frame(kind, b"6"))


@pytest.mark.parametrize("wire", [b"\3\0\0\0\0\0\0\1x", b"HTTP/1.1 500", b"\1\0\0\1\0\0\0\1x"])
def test_what_is_no_frame(wire: bytes) -> None:
    """Another stream, or another protocol."""
    with pytest.raises(SandboxError, match="no frame"):
        Streams(limit=5).feed(wire)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and the engine's."""
    ours, engines = socket.socketpair()
    with ours, engines:
        yield ours, engines


def test_a_long_question_and_its_answer(ends: tuple[socket.socket, socket.socket]) -> None:
    """Both are larger than any buffer between; nothing is sent before the beginning."""
    ours, engines = ends
    question, answer = b"q" * 3_000_000, b"a" * 2_000_000
    heard = bytearray()

    def engine() -> None:
        while len(heard) < len(question):
            heard.extend(engines.recv(65_536))
        engines.sendall(frame(STDOUT, answer))
        engines.close()

    thread = threading.Thread(target=engine)
    streams = communicate(ours, question, 30, 1 << 22, thread.start)
    thread.join()
    assert bytes(heard) == question
    assert streams.read(STDOUT) == answer


def test_a_container_that_hears_nothing_may_still_answer(ends: tuple[socket.socket, socket.socket]) -> None:
    """It ended before it was told everything."""
    ours, engines = ends

    def begin() -> None:
        engines.sendall(frame(STDOUT, b"no"))
        engines.shutdown(socket.SHUT_RDWR)

    assert communicate(ours, b"q" * 3_000_000, 30, 100, begin).read(STDOUT) == b"no"


def test_silence_is_not_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    """The clock ends it."""
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        communicate(ends[0], b"q", 0.2, 100, lambda: None)
    assert time.monotonic() - began < 5
