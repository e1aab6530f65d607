"""``python -m chainboy.node --config FILE``: a node as a process of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path

from chainboy.node.config import NodeConfig
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.node.runner import Node
from chainboy.service import command, until_told

_log = logging.getLogger("chainboy.node")


def main(arguments: Sequence[str] | None = None, *, make: Callable[[NodeConfig], Node] | None = None) -> int:
    """Run a node until SIGTERM or SIGINT; returns the exit code. Every error is one line on standard error.

    ``make`` builds the node from its configuration; by default :func:`chainboy.node.start.node_of`.
    """
    return command("node", arguments, lambda path: _work(NodeConfig.load(path), make))


def _made(config: NodeConfig, make: Callable[[NodeConfig], Node] | None) -> AbstractContextManager[Node]:
    from chainboy.node.start import node_of  # noqa: PLC0415 - loads web3 and the sandbox

    if make is None and config.watch is not None:
        from chainboy.node.watching.serving import watched  # noqa: PLC0415 - loads a web server

        return watched(config, config.watch)
    return closing((make or node_of)(config))


def _work(config: NodeConfig, make: Callable[[NodeConfig], Node] | None) -> None:
    config.log_level.apply(config.log_format)
    if isinstance(config.journal, PostgresSettings):
        from chainboy.node.replicas.running import run_replica  # noqa: PLC0415 - loads as much

        run_replica(config, config.journal, until_told())
        return
    with _made(config, make) as node:
        stop = until_told()
        where = config.home if isinstance(config.home, Path) else config.home.chain.name
        _log.info("node %s works on %s", node.address, where)
        node.run(stop, pause=config.poll_seconds)


if __name__ == "__main__":
    sys.exit(main())
