"""The cache on disk: its limit holds at every moment, whoever writes, and it never stands in the way."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from chainboy.cid import Cid
from chainboy.content import Cache, CachedStore, DirectoryStore, MemoryStore, cache, composed
from chainboy.content.dag import Address
from chainboy.errors import ContentNotFound


def held(folder: Path) -> int:
    """Bytes of content in the folder, half-written files too."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def piece(index: int, size: int = 100) -> bytes:
    """Content that differs."""
    return random.Random(index).randbytes(size)


@pytest.fixture
def small(tmp_path: Path) -> Cache:
    """A cache for three pieces."""
    return Cache(path=tmp_path / "cache", most=300)


def test_what_was_used_last_stays(small: Cache) -> None:
    """Getting counts as use; the one not used for longest goes."""
    first, second, third, fourth = (piece(index) for index in range(4))
    for index, data in enumerate((first, second, third)):
        small.keep(data)
        os.utime(small.path / str(Cid.of(data)), (index, index))
    assert small.get(Cid.of(first)) == first
    small.keep(fourth)
    assert [small.has(Cid.of(data)) for data in (first, second, third, fourth)] == [True, False, True, True]
    assert held(small.path) == 300


def test_a_large_piece_makes_room(small: Cache) -> None:
    """As much as it needs, all if need be; what can never fit is left out, and removes nothing."""
    for index in range(3):
        small.keep(piece(index))
    small.keep(piece(9, 301))
    assert held(small.path) == 300
    small.keep(piece(9, 300))
    assert small.get(Cid.of(piece(9, 300))) == piece(9, 300)
    assert held(small.path) == 300


def test_wrong_bytes_are_fetched_again(small: Cache, caplog: pytest.LogCaptureFixture) -> None:
    """Once; then the cache is right again, and told of it."""
    origin = MemoryStore()
    store = CachedStore(store=origin, cache=small)
    cid = store.put(b"content")
    (small.path / str(cid)).write_bytes(b"Content")
    assert store.get(cid) == b"content"
    assert str(small.path) in caplog.text
    origin.blobs.clear()
    assert store.get(cid) == b"content"


def test_what_a_crash_left_is_removed(small: Cache) -> None:
    """Half-written files count for nothing and stay for nothing."""
    small.keep(piece(0))
    (small.path / ".put-left").write_bytes(bytes(10_000))
    (small.path / str(Cid.of(piece(1)))).write_bytes(b"")
    small.keep(piece(1))
    assert sorted(path.name for path in small.path.iterdir() if path.name != ".lock") == sorted(
        str(Cid.of(piece(index))) for index in (0, 1)
    )


@pytest.mark.parametrize("call", ["open", "replace"])
def test_a_full_or_forbidden_disk_is_no_failure(
    small: Cache, monkeypatch: pytest.MonkeyPatch, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The store still serves."""
    origin = MemoryStore()
    cid = origin.put(b"content")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, call, full)
    assert CachedStore(store=origin, cache=small).get(cid) == b"content"
    assert "cannot keep" in caplog.text


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """Neither."""
    (tmp_path / "cache").write_bytes(b"")
    store = CachedStore(store=MemoryStore(), cache=Cache(path=tmp_path / "cache"))
    assert store.get(store.put(b"content")) == b"content"


def test_another_writer_that_never_ends(small: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not waited for for ever; the piece is not kept."""
    monkeypatch.setattr(cache, "_LOCK_SECONDS", 0.05)
    small.keep(piece(0))
    with FileLock(small.path / ".lock"):
        small.keep(piece(1))
    assert not small.has(Cid.of(piece(1)))


def _write(folder: Path, seed: int, most: int) -> None:
    shared = Cache(path=folder, most=most)
    for index in range(60):
        data = piece(seed * 1000 + index % 20, 100 + index)
        shared.keep(data)
        assert shared.get(Cid.of(data)) in (data, None)


def test_processes_share_it_and_the_limit_holds(tmp_path: Path) -> None:
    """Three writers and a watcher that never sees more than the limit."""
    folder = tmp_path / "cache"
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(folder, seed, 1000)) for seed in range(3)]
    for writer in writers:
        writer.start()
    seen = 0
    while any(writer.is_alive() for writer in writers):
        try:
            seen = max(seen, held(folder))
        except FileNotFoundError:
            continue
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert 0 < seen <= 1000
    assert held(folder) <= 1000


def test_a_writer_killed_at_any_moment(tmp_path: Path) -> None:
    """What it leaves is sound, and below the limit once somebody writes again."""
    code = (
        "import sys, os; from pathlib import Path; from chainboy.content import Cache\n"
        "cache = Cache(path=Path(sys.argv[1]), most=500_000)\n"
        "print('on', flush=True)\n"
        "while True: cache.keep(os.urandom(40_000))"
    )
    folder = tmp_path / "cache"
    for wait in (0.01, 0.05, 0.1):
        with subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(wait)
            writer.kill()
    survivor = Cache(path=folder, most=500_000)
    survivor.keep(b"after")
    assert held(folder) <= 500_000
    for path in folder.iterdir():
        if path.name != ".lock":
            assert survivor.get(Cid.parse(path.name)) is not None


def test_blocks_and_reading(tmp_path: Path) -> None:
    """A block is asked of the store behind, if that has any; so is what the cache has not."""
    behind = composed([DirectoryStore(tmp_path / "store")], Cache(path=tmp_path / "cache"))
    assert isinstance(behind, CachedStore)
    cid = behind.put(b"x")
    assert behind.has(cid)
    assert not behind.has(Cid.of(b"y"))
    assert str(behind) == str(tmp_path / "store")
    with pytest.raises(ContentNotFound):
        behind.block(Address.of(cid))
    assert CachedStore(store=composed([behind, MemoryStore()]), cache=behind.cache).has(cid)
