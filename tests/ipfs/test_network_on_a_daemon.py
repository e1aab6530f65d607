"""A network whose programs live in IPFS: put by the requester, read from a real daemon by every node."""

from __future__ import annotations

from pathlib import Path

import bad_places as liars
import pytest
from bad_places import serving
from ipfs_daemon import RealDaemon

from chainboy import program
from chainboy.abi import uint256
from chainboy.content import Cache, Daemon, Gateway, IpfsStore, composed
from chainboy.testing import LocalNetwork

pytestmark = [pytest.mark.ipfs, pytest.mark.chain, pytest.mark.xdist_group("ipfs")]


@program
def triangle(n: uint256) -> uint256:
    """The sum of the first ``n`` numbers."""
    return n * (n + 1) // 2


def test_programs_live_in_ipfs(daemon: RealDaemon, tmp_path: Path) -> None:
    """A gateway that forges everything stands before the daemon; the result is the program's."""
    with serving(liars.always(b"def main(n): return 0")) as liar:
        store = composed(
            [Gateway(liar.url), IpfsStore(daemon=Daemon(daemon.api))], Cache(path=tmp_path / "cache")
        )
        with LocalNetwork(bonds=[3, 2], content=store) as network:
            task = network.client().submit(triangle, n=1000, price=10**16)
            assert task.result(timeout=120).value == 500_500
    assert Gateway(daemon.gateway).get(triangle.program.cid) == triangle.program.source
