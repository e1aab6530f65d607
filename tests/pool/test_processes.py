"""Processes of this machine that die, hang, or are given what cannot be sent."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainboy.errors import SandboxError, SandboxFault
from chainboy.pool import ProcessPool

pytestmark = pytest.mark.xdist_group("pools")

WAIT = 60.0


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    """One process, two tries."""
    pool = ProcessPool(1, tries=2)
    yield pool
    pool.shutdown()


def forever(marks: Path) -> None:
    """Leave a mark, and never come back."""
    (marks / str(os.getpid())).touch()
    threading.Event().wait()


def end() -> None:
    """Without an answer."""
    os._exit(3)


def test_a_process_is_used_again(pool: ProcessPool) -> None:
    """One for all calls, and none before the first."""
    assert not multiprocessing.active_children()
    assert len({pool.submit(os.getpid).result(WAIT) for _ in range(5)}) == 1
    assert len(multiprocessing.active_children()) == 1


def test_a_call_that_hangs(tmp_path: Path) -> None:
    """Is ended with its process, tried once more, and given up."""
    pool = ProcessPool(1, tries=2, patience=1.0)
    with pytest.raises(SandboxError, match="died 2 times; free memory"):
        pool.submit(forever, tmp_path).result(WAIT)
    assert len(list(tmp_path.iterdir())) <= 2
    assert not multiprocessing.active_children()
    pool.shutdown()


def test_a_call_that_ends_its_process(pool: ProcessPool, caplog: pytest.LogCaptureFixture) -> None:
    """Every try is told; the next call has a new process."""
    with pytest.raises(SandboxError, match="died 2 times"):
        pool.submit(end).result(WAIT)
    assert caplog.text.count("a process died") == 2
    assert pool.submit(len, "abc").result(WAIT) == 3


def test_what_cannot_be_sent_is_not_taken(pool: ProcessPool) -> None:
    """The caller is told at once."""
    with pytest.raises(Exception, match="pickle"):
        pool.submit(lambda: 1)


def test_what_cannot_be_sent_back(pool: ProcessPool) -> None:
    """Comes as a fault; the process lives on."""
    before = pool.submit(os.getpid).result(WAIT)
    with pytest.raises(SandboxFault, match="failed with TypeError") as raised:
        pool.submit(threading.Lock).result(WAIT)
    assert "cannot pickle" in raised.value.trace
    with pytest.raises(SandboxFault, match="failed with ValueError"):
        pool.submit(int, "x").result(WAIT)
    assert pool.submit(os.getpid).result(WAIT) == before


def test_it_can_be_closed_under_a_call(tmp_path: Path) -> None:
    """The call ends with an error at once, what waits is cancelled, no process is left."""
    pool = ProcessPool(1)
    running, waiting = pool.submit(forever, tmp_path), pool.submit(len, "abc")
    while not list(tmp_path.iterdir()):
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    with pytest.raises(SandboxError, match="the pool was closed"):
        running.result(0)
    assert waiting.cancelled()
    assert not multiprocessing.active_children()
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(len, "abc")


def test_it_can_be_closed_gently() -> None:
    """What was asked for is done first."""
    pool = ProcessPool(1)
    futures = [pool.submit(pow, 2, n) for n in range(5)]
    pool.shutdown()
    assert [future.result(0) for future in futures] == [1, 2, 4, 8, 16]
    assert not multiprocessing.active_children()
