"""What the tests of remote content share: one real daemon for a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ipfs_daemon import RealDaemon, needs_daemon, running


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    """A real IPFS daemon."""
    needs_daemon()
    with running(tmp_path_factory.mktemp("ipfs")) as found:
        yield found


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback is asked directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
