"""What every store of a function's results must do: subclass, say how to make one, run with pytest."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainboy.errors import EncodingError, StoreConflict
from chainboy.serverless import ResultStore

RACERS = 4


class ResultStoreConformance(ABC):
    """The tests; a subclass names itself ``Test…`` and supplies :meth:`store` and :meth:`again`."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> ResultStore:
        """An empty store."""

    @abstractmethod
    def again(self, store: ResultStore) -> ResultStore:
        """What another instance of the function has of the same store."""

    def test_nothing_is_there(self, store: ResultStore) -> None:
        """An unknown name has no value."""
        assert store.get("node") is None

    @pytest.mark.parametrize("size", [0, 1, 300_000])
    def test_what_was_put_is_got(self, store: ResultStore, size: int) -> None:
        """Whole, by another instance, and with the version that putting it gave."""
        data = os.urandom(size)
        version = store.put("node", data, over=None)
        found = self.again(store).get("node")
        assert found is not None
        assert (found.data, found.version) == (data, version)

    def test_a_value_is_replaced_by_who_knows_it(self, store: ResultStore) -> None:
        """Version after version."""
        version = store.put("node", b"first", over=None)
        version = self.again(store).put("node", b"second", over=version)
        store.put("node", b"third", over=version)
        found = store.get("node")
        assert found is not None
        assert found.data == b"third"

    def test_a_value_is_not_replaced_by_others(self, store: ResultStore) -> None:
        """Neither by who thinks there is none, nor by who knows an older one; it stays as it is."""
        old = store.put("node", b"first", over=None)
        new = store.put("node", b"second", over=old)
        for over in (None, old):
            with pytest.raises(StoreConflict):
                self.again(store).put("node", b"late", over=over)
        found = store.get("node")
        assert found is not None
        assert (found.data, found.version) == (b"second", new)

    def test_what_is_gone_is_another_version(self, store: ResultStore) -> None:
        """A value that somebody removed is not put back by who last saw it."""
        version = store.put("node", b"first", over=None)
        with pytest.raises(StoreConflict):
            store.put("other", b"second", over=version)
        assert store.get("other") is None

    def test_names_do_not_mix(self, store: ResultStore) -> None:
        """Each has its own value."""
        for name in ("node", "Node", "node.1", "node-1_a"):
            store.put(name, name.encode(), over=None)
        for name in ("node", "Node", "node.1", "node-1_a"):
            found = store.get(name)
            assert found is not None
            assert found.data == name.encode()

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", ".hidden", "a b", "ä", "a\n", "x" * 101])
    def test_names_that_are_none(self, store: ResultStore, name: str) -> None:
        """Nothing is read or written under them."""
        with pytest.raises(EncodingError, match="A-Z"):
            store.get(name)
        with pytest.raises(EncodingError, match="A-Z"):
            store.put(name, b"", over=None)

    @pytest.mark.parametrize("first", [True, False])
    def test_of_several_at_once_one_wins(self, store: ResultStore, first: bool) -> None:
        """However they race, for a new name and for a known one."""
        over = None if first else store.put("node", b"before", over=None)
        instances = [self.again(store) for _ in range(RACERS)]

        def race(number: int) -> int | None:
            try:
                instances[number].put("node", bytes([number]), over=over)
            except StoreConflict:
                return None
            return number

        with ThreadPoolExecutor(RACERS) as threads:
            (winner,) = [each for each in threads.map(race, range(RACERS)) if each is not None]
        found = store.get("node")
        assert found is not None
        assert found.data == bytes([winner])
