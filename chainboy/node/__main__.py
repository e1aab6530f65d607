"""``python -m chainboy.node --config FILE``: a node as a process of its own."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from chainboy.errors import ChainBoyError, ConfigError
from chainboy.node.config import NodeConfig
from chainboy.node.runner import Node

STOPPED, FAILED, MISUSED = 0, 1, 2
"""Exit codes: it was told to stop; it could not go on; its configuration is unusable."""

_log = logging.getLogger("chainboy.node")


def main(arguments: Sequence[str] | None = None, *, make: Callable[[NodeConfig], Node] | None = None) -> int:
    """Run a node until SIGTERM or SIGINT; returns the exit code. Every error is one line on standard error.

    ``make`` builds the node from its configuration; by default :func:`chainboy.node.start.node_of`.
    """
    parser = argparse.ArgumentParser(prog="python -m chainboy.node", description="Run a ChainBoy node.")
    parser.add_argument("--config", type=Path, required=True, help="the node's TOML file")
    path: Path = parser.parse_args(arguments).config
    try:
        config = NodeConfig.load(path)
        logging.basicConfig(
            level=config.log_level.name, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        if make is None:
            from chainboy.node.start import node_of  # noqa: PLC0415 - loads web3 and the sandbox

            make = node_of
        _run(make(config), config)
    except ConfigError as error:
        return _fail(error, MISUSED)
    except ChainBoyError as error:
        return _fail(error, FAILED)
    return STOPPED


def _run(node: Node, config: NodeConfig) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    where = config.home if isinstance(config.home, Path) else config.home.chain.name
    _log.info("node %s works on %s", node.address, where)
    try:
        node.run(stop, pause=config.poll_seconds)
    finally:
        node.close()


def _fail(error: ChainBoyError, code: int) -> int:
    print(f"chainboy node: {error}", file=sys.stderr)  # noqa: T201 - what the user is to see
    return code


if __name__ == "__main__":
    sys.exit(main())
