"""Several stores as one: the order, the memory of failures, what is written where, and what is told."""

from __future__ import annotations

import logging
import pickle

import attrs
import pytest

from chainboy.cid import Cid
from chainboy.content import CachedStore, ContentReader, FallbackStore, MemoryStore, composed
from chainboy.content.dag import Address
from chainboy.content.health import FIRST_REST, LONGEST_REST, Health
from chainboy.errors import ContentMismatch, ContentNotFound, ContentUnavailable

DATA = b"content"
CID = Cid.of(DATA)


@attrs.define
class Moody:
    """A reader that does as it is told, and counts."""

    name: str
    mood: Exception | bytes
    asked: int = 0

    def get(self, cid: Cid) -> bytes:
        """What the mood is."""
        del cid
        self.asked += 1
        if isinstance(self.mood, Exception):
            raise self.mood
        return self.mood

    def has(self, cid: Cid) -> bool:
        """The same."""
        try:
            self.get(cid)
        except ContentNotFound:
            return False
        return True

    def block(self, address: Address) -> bytes:
        """The same."""
        return self.get(CID if address.cid is None else address.cid)

    def __str__(self) -> str:
        return self.name


class Clock:
    """A time that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A time that the test moves."""
    return Clock()


def test_a_failed_store_rests_and_comes_back(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Tried last while it rests, longer after each failure; first again once it has worked."""
    bad, fine = Moody("bad", ContentUnavailable("it is down")), Moody("fine", DATA)
    store = FallbackStore((bad, fine), Health(clock))
    with caplog.at_level(logging.WARNING):
        assert [store.get(CID) for _ in range(3)] == [DATA] * 3
    assert (bad.asked, fine.asked) == (1, 3)
    assert [record.message for record in caplog.records] == [f"cannot get {CID}: bad: it is down"]
    clock.now += FIRST_REST
    store.get(CID)
    assert bad.asked == 2
    clock.now += FIRST_REST
    store.get(CID)
    assert bad.asked == 2
    bad.mood = DATA
    clock.now += FIRST_REST
    store.get(CID)
    assert (bad.asked, fine.asked) == (3, 5)
    assert store.get(CID) == DATA
    assert (bad.asked, fine.asked) == (4, 5)


def test_rests_have_an_end(clock: Clock) -> None:
    """After a hundred failures no longer than after ten."""
    health = Health(clock)
    for _ in range(100):
        health.failed(0)
    assert health.ordered("ab") == [(1, "b"), (0, "a")]
    clock.now += LONGEST_REST
    assert health.ordered("ab") == [(0, "a"), (1, "b")]


def test_resting_stores_are_still_asked_when_nobody_else_has_it(clock: Clock) -> None:
    """Last is not never."""
    bad, empty = Moody("bad", ContentMismatch("a lie")), Moody("empty", ContentNotFound("no"))
    store = FallbackStore((bad, empty), Health(clock))
    with pytest.raises(ContentMismatch):
        store.get(CID)
    bad.mood = DATA
    assert store.get(CID) == DATA


@pytest.mark.parametrize(
    ("moods", "kind"),
    [
        ([ContentNotFound("a"), ContentNotFound("b")], ContentNotFound),
        ([ContentNotFound("a"), ContentMismatch("b")], ContentMismatch),
        ([ContentMismatch("a"), ContentUnavailable("b")], ContentUnavailable),
    ],
)
def test_many_failures_are_one(moods: list[Exception], kind: type[Exception]) -> None:
    """Of the gravest kind, with what each said."""
    store = FallbackStore([Moody(str(place), mood) for place, mood in enumerate(moods)])
    for ask in (store.get, lambda cid: store.block(Address.of(cid))):
        with pytest.raises(kind, match=r"a; b|b; a"):
            ask(CID)


def test_having() -> None:
    """Any store will do; those that fail have nothing, unless all fail."""
    down = Moody("down", ContentUnavailable("down"))
    assert FallbackStore((down, Moody("fine", DATA))).has(CID)
    assert not FallbackStore((down, MemoryStore())).has(CID)
    with pytest.raises(ContentUnavailable):
        FallbackStore((down,)).has(CID)


def test_putting() -> None:
    """To all that can be written to; one of them is enough."""

    @attrs.define
    class Full(Moody):
        def put(self, data: bytes) -> Cid:
            del data
            raise ContentUnavailable("it is full")

    full, first, second = Full("full", DATA), MemoryStore(), MemoryStore()
    assert FallbackStore((full, first, Moody("readable", DATA), second)).put(DATA) == CID
    assert first.blobs == second.blobs == {CID: DATA}
    with pytest.raises(ContentUnavailable, match="it is full"):
        FallbackStore((full, full)).put(DATA)
    with pytest.raises(ContentUnavailable, match="add a directory or an IPFS daemon"):
        FallbackStore((Moody("readable", DATA),)).put(DATA)


def test_blocks_come_from_those_that_know_of_them() -> None:
    """A folder of content has none."""
    store = FallbackStore((MemoryStore(), Moody("fine", DATA)))
    assert store.block(Address.of(CID)) == DATA
    with pytest.raises(ContentNotFound):
        FallbackStore((MemoryStore(),)).block(Address.of(CID))


def test_nothing_is_a_store_too() -> None:
    """It says that there is none."""
    assert str(FallbackStore(())) == "no store"
    with pytest.raises(ContentUnavailable, match="name one"):
        FallbackStore(()).get(CID)


def test_lists_of_lists_are_one_list() -> None:
    """So that each store is named and rests for itself."""
    one, two, three = MemoryStore(), Moody("two", DATA), Moody("three", DATA)
    nested = FallbackStore.of(one, FallbackStore.of(two, FallbackStore.of(three)))
    assert nested.parts == (one, two, three)
    assert str(nested) == "memory, two, three"


def test_composing() -> None:
    """One store is itself; readers alone become something that says why it cannot be written to."""
    one = MemoryStore()
    assert composed([one]) is one
    reader: ContentReader = Moody("reader", DATA)
    with pytest.raises(ContentUnavailable, match="add a directory"):
        composed([reader]).put(DATA)
    assert not isinstance(composed([one, reader]), CachedStore)


def test_a_copy_in_another_process_is_a_store_like_this() -> None:
    """With an experience of its own."""
    store = FallbackStore((MemoryStore(), Moody("two", DATA)))
    store.put(DATA)
    assert pickle.loads(pickle.dumps(store)).get(CID) == DATA  # noqa: S301 - our own
