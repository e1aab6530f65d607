"""The one suite of content stores, over a real IPFS daemon with a lying proxy before it.

Also over what is built on such a store.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from ipfs_daemon import RealDaemon
from lying_proxy import LyingProxy, lying_before

from chainboy.cid import Cid
from chainboy.content import (
    Cache,
    CachedStore,
    ContentStore,
    Daemon,
    FallbackStore,
    IpfsStore,
    Pins,
    composed,
)
from chainboy.errors import ContentNotFound
from chainboy.testing.content_conformance import ContentStoreConformance

pytestmark = [pytest.mark.ipfs, pytest.mark.xdist_group("ipfs")]


@pytest.fixture
def proxy(daemon: RealDaemon) -> Iterator[LyingProxy]:
    """A proxy before the daemon that tells the truth until it is told a lie."""
    with lying_before(daemon.api) as running:
        yield running


class OnTheDaemon(ContentStoreConformance):
    """Stores whose bytes come from the daemon, through the proxy."""

    @pytest.fixture(autouse=True)
    def _lies(self, proxy: LyingProxy) -> None:
        self.lies = proxy.lies

    def spoil(self, store: ContentStore, cid: Cid, data: bytes) -> None:
        """Have the proxy tell a lie, and nothing else remember the truth."""
        if isinstance(store, CachedStore):
            (store.cache.path / str(cid)).write_bytes(data)
        self.lies[str(cid)] = data


ABSENT = ("test_what_is_not_there", "test_too_much_is_not_kept")
"""Tests that look for what is nowhere: the daemon is offline, so that looking longer finds no more."""


@pytest.fixture
def on_daemon(proxy: LyingProxy, request: pytest.FixtureRequest) -> IpfsStore:
    """A store on the daemon behind the proxy."""
    search = 0.3 if request.node.originalname in ABSENT else 10
    return IpfsStore(daemon=Daemon(proxy.url, search=search))


class TestIpfsStore(OnTheDaemon):
    """One daemon."""

    @pytest.fixture
    def store(self, on_daemon: IpfsStore) -> ContentStore:
        """A store on it."""
        return on_daemon


class TestIpfsStoreWithPins(OnTheDaemon):
    """One daemon, with a book of pins."""

    @pytest.fixture
    def store(self, on_daemon: IpfsStore, tmp_path: Path) -> ContentStore:
        """A store on it."""
        return attrs.evolve(on_daemon, pins=Pins(tmp_path / "pins.sqlite"))


class TestCachedStore(OnTheDaemon):
    """A cache before it, too small for the whole suite."""

    @pytest.fixture
    def store(self, on_daemon: IpfsStore, tmp_path: Path) -> ContentStore:
        """A store that has nothing yet."""
        return composed([on_daemon], Cache(path=tmp_path / "cache", most=1_200_000))


class TestFallbackStore(OnTheDaemon):
    """A reader that has nothing, then the real one."""

    @pytest.fixture
    def store(self, on_daemon: IpfsStore) -> ContentStore:
        """Both as one."""
        return FallbackStore.of(_Absent(), on_daemon)


class _Absent:
    """A reader that has nothing."""

    def get(self, cid: Cid) -> bytes:
        """Not here."""
        raise ContentNotFound(f"{cid} is not here")

    def has(self, cid: Cid) -> bool:
        """Never."""
        del cid
        return False
