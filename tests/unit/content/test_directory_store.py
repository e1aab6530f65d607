"""The directory store where it meets the file system: crashes, full disks, missing permissions."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from chainboy.content import DirectoryStore
from chainboy.errors import ChainBoyError, ContentUnavailable
from chainboy.programs import Cid


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """An empty store."""
    return DirectoryStore(tmp_path)


def test_files_are_named_as_ipfs_names_them(store: DirectoryStore) -> None:
    """One file per CID and nothing else, so the directory can be served or added as it is."""
    store.put(b"hello world\n")
    assert [path.name for path in store.path.iterdir()] == [
        "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
    ]


def test_two_stores_share_a_directory(store: DirectoryStore) -> None:
    """What one process puts, another gets."""
    assert DirectoryStore(str(store.path)).get(store.put(b"shared")) == b"shared"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A failed write is one clear error; no part of the content appears under its name or beside it."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if call == "fsync" else Path, call, full)
    with pytest.raises(ContentUnavailable, match="No space left"):
        store.put(b"content")
    assert list(store.path.iterdir()) == []


def test_the_content_is_on_disk_before_it_has_its_name(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synced first, then named: a crash between shows no file, never an empty one."""
    order: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("sync"), sync(fd))[1])
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (order.append("name"), replace(self, target))[1]
    )
    store.put(b"content")
    assert order == ["sync", "name", "sync"]


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    """A path that cannot be a directory is an error of the store, for reading and for writing."""
    (tmp_path / "file").write_bytes(b"")
    store = DirectoryStore(tmp_path / "file")
    for use in (lambda: store.put(b"x"), lambda: store.get(Cid.of(b"x"))):
        with pytest.raises(ContentUnavailable, match=r"Not a directory|File exists") as caught:
            use()
        assert isinstance(caught.value, ChainBoyError)


def test_where_directories_cannot_be_synced(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems that do not open directories the store works without that step."""
    refused, usual = [], os.open

    def open_files(path: Any, *arguments: Any, **options: Any) -> int:
        if Path(path).is_dir():
            refused.append(path)
            raise PermissionError
        return usual(path, *arguments, **options)

    monkeypatch.setattr(os, "open", open_files)
    assert store.get(store.put(b"content")) == b"content"
    assert refused
