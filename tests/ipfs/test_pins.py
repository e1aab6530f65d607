"""Pins at a real daemon: ours go when nobody used them for long, those of others never."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest
from ipfs_daemon import RealDaemon

from chainboy.cid import Cid
from chainboy.content import Daemon, IpfsStore, Pins
from chainboy.content.dag import Address
from chainboy.errors import ContentUnavailable

pytestmark = [pytest.mark.ipfs, pytest.mark.xdist_group("ipfs")]

DAY = 86_400.0


class Clock:
    """A time that the test moves."""

    now = 1e9

    def __call__(self) -> float:
        """The time now."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A time that the test moves."""
    return Clock()


@pytest.fixture
def store(daemon: RealDaemon, clock: Clock, tmp_path: Path) -> IpfsStore:
    """A store that keeps what was used in the last ten days."""
    return IpfsStore(daemon=Daemon(daemon.api), pins=Pins(tmp_path / "pins"), pin_days=10, clock=clock)


def pinned(store: IpfsStore, cid: Cid) -> bool:
    """Whether the daemon itself says so."""
    return store.daemon.pinned(Address.of(cid))


def test_what_nobody_used_is_unpinned(store: IpfsStore, clock: Clock) -> None:
    """Getting and putting count as use; the next put lets go of the rest."""
    got, put, left = (store.put(os.urandom(20)) for _ in range(3))
    assert pinned(store, left)
    clock.now += 9 * DAY
    data = store.get(put)
    store.get(got)
    store.put(data)
    clock.now += 2 * DAY
    assert store.expire() == [left]
    assert [pinned(store, cid) for cid in (got, put, left)] == [True, True, False]
    clock.now += 10 * DAY
    store.put(b"anything")
    assert [pinned(store, cid) for cid in (got, put)] == [False, False]


def test_pins_of_others_stay(store: IpfsStore, clock: Clock) -> None:
    """What was pinned already when it was put is not ours to unpin."""
    data = os.urandom(20)
    store.daemon.add(data)
    cid = store.put(data)
    clock.now += 100 * DAY
    assert store.expire() == []
    assert pinned(store, cid)


def test_a_pin_that_is_gone_is_forgotten(store: IpfsStore, clock: Clock) -> None:
    """Somebody unpinned it by hand: no error."""
    cid = store.put(os.urandom(20))
    store.daemon.unpin(Address.of(cid))
    clock.now += 100 * DAY
    assert store.expire() == [cid]
    assert store.expire() == []


def test_a_daemon_that_is_down_keeps_its_place_in_the_book(store: IpfsStore, clock: Clock) -> None:
    """What could not be unpinned is unpinned the next time."""
    cid = store.put(os.urandom(20))
    clock.now += 100 * DAY
    assert store.pins is not None
    dead = Daemon("http://127.0.0.1:9")
    store.pins.add(dead.url, cid, 0)
    down = IpfsStore(daemon=dead, pins=store.pins, pin_days=10, clock=clock)
    for _ in range(2):
        with pytest.raises(ContentUnavailable):
            down.expire()
    assert store.expire() == [cid]


def test_a_book_that_is_broken_keeps_nobody_from_the_content(
    store: IpfsStore, caplog: pytest.LogCaptureFixture
) -> None:
    """What is put is there, what is got comes; the log tells of the book."""
    assert store.pins is not None
    store.pins.path.write_bytes(b"no database" * 100)
    data = os.urandom(20)
    assert store.get(store.put(data)) == data
    assert len([record for record in caplog.records if "book of pins" in record.message]) == 2


def test_what_another_process_lets_go_of_is_left_to_it(store: IpfsStore, clock: Clock) -> None:
    """An entry that was struck out or used in between is nobody's to unpin here."""
    cid = store.put(os.urandom(20))
    assert store.pins is not None

    class Late(Pins):
        def unused(self, daemon: str, since: float) -> list[tuple[Cid, float]]:
            found = super().unused(daemon, since)
            self.use(daemon, cid, clock.now)
            return found

    clock.now += 100 * DAY
    assert attrs.evolve(store, pins=Late(store.pins.path)).expire() == []
    assert pinned(store, cid)


def test_without_a_book_everything_stays(daemon: RealDaemon) -> None:
    """Nothing is remembered, so nothing is let go."""
    store = IpfsStore(daemon=Daemon(daemon.api))
    cid = store.put(os.urandom(20))
    assert store.expire() == []
    assert pinned(store, cid)
