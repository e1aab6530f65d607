"""Every content store of this package against the one suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainboy.content import ContentStore, DirectoryStore, MemoryStore
from chainboy.programs import Cid
from chainboy.testing.content_conformance import ContentStoreConformance


class TestMemoryStore(ContentStoreConformance):
    """The store in memory."""

    @pytest.fixture
    def store(self) -> ContentStore:
        """An empty store."""
        return MemoryStore()

    def spoil(self, store: ContentStore, cid: Cid, data: bytes) -> None:
        """Replace the bytes in its dictionary."""
        assert isinstance(store, MemoryStore)
        store.blobs[cid] = data


class TestDirectoryStore(ContentStoreConformance):
    """The store in a directory, which need not exist yet."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ContentStore:
        """A store in a directory that is not there."""
        return DirectoryStore(tmp_path / "deep" / "content")

    def spoil(self, store: ContentStore, cid: Cid, data: bytes) -> None:
        """Overwrite the file."""
        assert isinstance(store, DirectoryStore)
        (store.path / str(cid)).write_bytes(data)
