"""A node process for the tests of webhooks: the usual one, but for a sandbox that answers at once."""

from __future__ import annotations

from pathlib import Path

from chainboy.node.config import NodeConfig
from chainboy.node.start import node_of
from chainboy.service import until_told
from chainboy.testing.node_fakes import FakeSandbox


def main(config: str) -> None:
    """Run until told to stop."""
    loaded = NodeConfig.load(Path(config))
    loaded.log_level.apply()
    stop = until_told()
    node = node_of(loaded, sandbox=FakeSandbox())
    try:
        node.run(stop, pause=loaded.poll_seconds)
    finally:
        node.close()
