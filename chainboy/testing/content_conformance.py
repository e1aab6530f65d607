"""What every content store must do: subclass, say how to make one and how to spoil it, run with pytest."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainboy.cid import Cid
from chainboy.content import MAX_CONTENT, ContentStore
from chainboy.errors import ContentMismatch, ContentNotFound, EncodingError


class ContentStoreConformance(ABC):
    """The tests; a subclass names itself ``Test…`` and supplies the fixture and :meth:`spoil`."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> ContentStore:
        """An empty store."""

    @abstractmethod
    def spoil(self, store: ContentStore, cid: Cid, data: bytes) -> None:
        """Make the store hold ``data`` in the place of ``cid``, behind its back."""

    @pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, MAX_CONTENT])
    def test_what_was_put_is_got(self, store: ContentStore, size: int) -> None:
        """Every allowed size comes back whole, under the hash of its bytes."""
        data = os.urandom(size)
        cid = store.put(data)
        assert cid == Cid.of(data)
        assert store.get(cid) == data
        assert store.has(cid)

    def test_what_is_not_there(self, store: ContentStore) -> None:
        """Unknown content is not found, which is another error than being wrong."""
        cid = Cid.of(b"nowhere")
        assert not store.has(cid)
        with pytest.raises(ContentNotFound, match=str(cid)):
            store.get(cid)

    def test_putting_twice_changes_nothing(self, store: ContentStore) -> None:
        """The second put is the first one's name."""
        assert store.put(b"same") == store.put(b"same")
        assert store.get(Cid.of(b"same")) == b"same"

    def test_pieces_do_not_mix(self, store: ContentStore) -> None:
        """Each CID has its own bytes."""
        pieces = [os.urandom(100) for _ in range(10)]
        cids = [store.put(piece) for piece in pieces]
        assert [store.get(cid) for cid in cids] == pieces

    @pytest.mark.parametrize("spoilt", [b"Content", b"conten", b"content ", b""])
    def test_spoilt_content_is_never_handed_out(self, store: ContentStore, spoilt: bytes) -> None:
        """Changed, cut, grown and emptied bytes are a mismatch; putting the right ones mends it."""
        cid = store.put(b"content")
        self.spoil(store, cid, spoilt)
        with pytest.raises(ContentMismatch, match=str(cid)):
            store.get(cid)
        assert store.put(b"content") == cid
        assert store.get(cid) == b"content"

    def test_an_oversized_replacement_is_a_mismatch(self, store: ContentStore) -> None:
        """More bytes than any content may have are refused whatever they hash to."""
        cid = store.put(b"content")
        self.spoil(store, cid, bytes(MAX_CONTENT + 1))
        with pytest.raises(ContentMismatch, match=str(MAX_CONTENT)):
            store.get(cid)

    def test_too_much_is_not_kept(self, store: ContentStore) -> None:
        """One byte over the limit is an error, and leaves nothing behind."""
        data = bytes(MAX_CONTENT + 1)
        with pytest.raises(EncodingError, match="split it"):
            store.put(data)
        assert not store.has(Cid.of(data))

    def test_many_threads_put_and_get(self, store: ContentStore) -> None:
        """Writers of the same and of different content never show each other half of it."""
        pieces = [bytes((i,)) * 50_000 for i in range(4)] * 6

        def put_and_get(data: bytes) -> bytes:
            return store.get(store.put(data))

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(put_and_get, pieces)) == pieces
