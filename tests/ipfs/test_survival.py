"""One bad daemon or gateway before a good one: survived, named once in the log, then tried last."""

from __future__ import annotations

import logging
import threading
import time
import tracemalloc
from collections.abc import Callable

import bad_places as liars
import pytest
from bad_places import Answer, good, serving

from chainboy.cid import Cid
from chainboy.content import (
    MAX_CONTENT,
    BlockReader,
    ContentReader,
    Daemon,
    FallbackStore,
    Gateway,
    IpfsStore,
    Patience,
)
from chainboy.content.dag import Address
from chainboy.content.store import MAX_BLOCK
from chainboy.errors import ContentMismatch, ContentNotFound, ContentUnavailable

DATA = b"print('hello')\n"
CID = Cid.of(DATA)

CALM = Patience(connect=5, total=20, attempts=2)
"""For places that answer."""

BRIEF = Patience(connect=5, total=0.5, attempts=2)
"""For places that may not."""

Make = Callable[[str, Patience], ContentReader]

KINDS: dict[str, Make] = {
    "gateway": Gateway,
    "daemon": lambda url, patience: IpfsStore(daemon=Daemon(url, patience)),
}

BAD: dict[str, tuple[Answer, type[Exception]]] = {
    "wrong bytes": (liars.always(b"print('other')\n"), ContentMismatch),
    "nothing": (liars.always(b""), ContentMismatch),
    "one byte more": (liars.always(DATA + b"\n"), ContentMismatch),
    "stall": (liars.stall, ContentUnavailable),
    "drip": (liars.drip, ContentUnavailable),
    "drip in the headers": (liars.drip_headers, ContentUnavailable),
    "truncate": (liars.truncate, ContentUnavailable),
    "flood": (liars.flood, ContentMismatch),
    "flood of chunks": (liars.chunked_flood, ContentMismatch),
    "flood of an error": (liars.error_flood, ContentUnavailable),
    "bad chunks": (liars.bad_chunks, ContentUnavailable),
    "nonsense": (liars.nonsense, ContentUnavailable),
    "hang up": (liars.hang_up, ContentUnavailable),
    "too busy": (liars.always(b"", 429), ContentUnavailable),
    "broken": (liars.always(b"", 500), ContentUnavailable),
    "forbidden": (liars.always(b"", 403), ContentUnavailable),
    "to a private host": (liars.redirect("http://10.0.0.1/ipfs/x"), ContentUnavailable),
    "to metadata": (liars.redirect("http://169.254.169.254/latest"), ContentUnavailable),
    "to a file": (liars.redirect("file:///etc/passwd"), ContentUnavailable),
    "to nowhere": (liars.redirect("http://["), ContentUnavailable),
    "to itself": (liars.redirect("/ipfs/x"), ContentUnavailable),
    "error of another shape": (liars.always(b"[" * 5000, 500), ContentUnavailable),
}

STALLING = (liars.stall, liars.drip, liars.drip_headers)
"""Answers that take for ever: the others come at once, however busy the machine is."""


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Make:
    """How to reach a place: as a gateway, and as a daemon."""
    return KINDS[request.param]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_place_is_survived_and_named(make: Make, bad: str, caplog: pytest.LogCaptureFixture) -> None:
    """The good place behind it serves; one warning names the bad one; the next fetch does not ask it."""
    answer, kind = BAD[bad]
    with serving(answer) as liar, serving(good({str(CID): DATA})) as honest:
        patience = BRIEF if answer in STALLING else CALM
        started = time.monotonic()
        with pytest.raises(kind):
            make(liar.url, patience).get(CID)
        assert time.monotonic() - started < patience.total + 5
        store = FallbackStore.of(make(liar.url, patience), make(honest.url, CALM))
        with caplog.at_level(logging.WARNING):
            assert store.get(CID) == DATA
        assert [liar.url in record.message for record in caplog.records] == [True]
        asked = len(liar.seen)
        assert store.get(CID) == DATA
        assert len(liar.seen) == asked


def test_a_dead_place_is_survived(make: Make) -> None:
    """Nobody listens there."""
    with serving(liars.stall) as gone:
        url = gone.url
    with serving(good({str(CID): DATA})) as honest:
        assert FallbackStore.of(make(url, BRIEF), make(honest.url, CALM)).get(CID) == DATA
    with pytest.raises(ContentUnavailable, match=url):
        make(url, BRIEF).get(CID)


@pytest.mark.parametrize("bad", [liars.flood, liars.chunked_flood, liars.error_flood, liars.bomb])
def test_a_flood_never_sits_in_memory(make: Make, bad: Answer) -> None:
    """At no time more than a few times the limit, however much is sent."""
    with serving(bad) as liar:
        for measured in (False, True):  # the first one loads the libraries
            if measured:
                tracemalloc.start()
            with pytest.raises((ContentMismatch, ContentUnavailable)):
                make(liar.url, CALM).get(CID)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 6 * MAX_CONTENT


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again(make: Make, status: int) -> None:
    """Busy once, then good: no failure at all."""
    answer = liars.first(liars.always(b"", status), good({str(CID): DATA}))
    with serving(answer) as busy:
        assert make(busy.url, CALM).get(CID) == DATA
        assert len(busy.seen) == 2


@pytest.mark.parametrize("status", [400, 403])
def test_what_does_not_pass_is_not_tried_again(make: Make, status: int) -> None:
    """A refusal is one."""
    with serving(liars.always(b"no", status)) as refusing:
        with pytest.raises(ContentUnavailable, match=str(status)):
            make(refusing.url, CALM).get(CID)
        assert len(refusing.seen) == 1


def test_absent_content_is_not_found(make: Make) -> None:
    """A good place without it is not at fault, and it is no failure of the place."""
    with serving(good({})) as honest:
        store = make(honest.url, CALM)
        assert not store.has(CID)
        with pytest.raises(ContentNotFound):
            store.get(CID)
        assert len(honest.seen) == 2


ADDED: dict[str, tuple[Answer, type[Exception]]] = {
    "another name": (liars.always(b'{"Hash": "%s"}' % str(Cid.of(b"x")).encode()), ContentMismatch),
    "no name": (liars.always(b'{"Hash": "hello"}'), ContentUnavailable),
    "no object": (liars.always(b"[1, 2]"), ContentUnavailable),
    "a number": (liars.always(b"5"), ContentUnavailable),
    "two objects": (liars.always(b'{"Hash": "a"}\n{"Hash": "b"}'), ContentUnavailable),
    "nothing": (liars.always(b""), ContentUnavailable),
    "no text": (liars.always(b"\xff\xff"), ContentUnavailable),
    "depth": (liars.always(b"[" * 50_000), ContentUnavailable),
    "flood": (liars.flood, ContentUnavailable),
    "drip": (liars.drip, ContentUnavailable),
    "an error": (liars.always(b'{"Message": "disk full"}', 500), ContentUnavailable),
}


@pytest.mark.parametrize("bad", ADDED)
def test_a_daemon_that_answers_nonsense_when_added_to(bad: str) -> None:
    """Nothing counts as put but what has our name in the answer; every other answer is one clear error."""
    answer, kind = ADDED[bad]
    with serving(answer) as liar, pytest.raises(kind, match=liar.url):
        IpfsStore(daemon=Daemon(liar.url, BRIEF if answer in STALLING else CALM)).put(DATA)


def test_blocks_are_bounded_and_checked(make: Make) -> None:
    """Those of a tree, too, which may be larger than content."""
    large = bytes(MAX_BLOCK)
    for data, kind in ((large, None), (large + b"x", ContentMismatch), (large[1:], ContentMismatch)):
        with serving(liars.always(data)) as place:
            source = make(place.url, CALM)
            assert isinstance(source, BlockReader)
            if kind is None:
                assert source.block(Address.of(Cid.of(large))) == large
            else:
                with pytest.raises(kind):
                    source.block(Address.of(Cid.of(large)))


def test_a_place_may_have_a_path(make: Make) -> None:
    """A base below the root of its host."""
    with serving(good({str(CID): DATA})) as honest:
        assert make(f"{honest.url}/deep/base/", CALM).get(CID) == DATA
        assert honest.seen[0].startswith("/deep/base/")


def test_having_is_asked_without_fetching(make: Make) -> None:
    """A place that has it says so."""
    with serving(good({str(CID): b'{"Key": "%s"}' % str(CID).encode()})) as honest:
        assert make(honest.url, CALM).has(CID)


def test_a_redirect_within_the_place_is_followed() -> None:
    """To the same scheme, host and port: some gateways correct the path."""

    def answer(request: liars.Request) -> None:
        if "corrected" in request.path:
            request.full(DATA)
        else:
            request.full(b"", 301, Location=f"/corrected{request.path}")

    with serving(answer) as moved:
        assert Gateway(moved.url, CALM).get(CID) == DATA


def test_a_redirect_to_a_neighbour_is_not(make: Make) -> None:
    """Another port is another place, even if it has the content."""
    with serving(good({str(CID): DATA})) as neighbour:
        with (
            serving(liars.redirect(f"{neighbour.url}/ipfs/{CID}")) as moved,
            pytest.raises(ContentUnavailable, match="redirects to another place"),
        ):
            make(moved.url, CALM).get(CID)
        assert neighbour.seen == []


def test_all_bad_tells_of_all() -> None:
    """The error is of the gravest kind, and names each place."""
    with serving(liars.always(b"lie")) as liar, serving(good({})) as empty:
        store = FallbackStore.of(Gateway(liar.url, CALM), Gateway(empty.url, CALM))
        with pytest.raises(ContentMismatch, match=empty.url):
            store.get(CID)


def test_stalled_requests_do_not_pile_up() -> None:
    """A place that never ends a request gets only so many at a time."""
    before = threading.active_count()
    with serving(liars.drip_headers) as liar:
        gateway = Gateway(liar.url, Patience(total=0.1, attempts=1))
        for _ in range(30):
            with pytest.raises(ContentUnavailable):
                gateway.get(CID)
        # Each has a thread here and one in the server, which has another one.
        assert threading.active_count() - before <= 2 * 16 + 1
