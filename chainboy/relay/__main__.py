"""``python -m chainboy.relay --config FILE``: a relay as a process of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from chainboy.relay.config import RelayConfig
from chainboy.service import command, until_told

_log = logging.getLogger("chainboy.relay")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a relay until SIGTERM or SIGINT; returns the exit code. An error is one line on standard error."""
    return command("relay", arguments, lambda path: _work(RelayConfig.load(path)))


def _work(config: RelayConfig) -> None:
    from chainboy.relay.counter import Counter  # noqa: PLC0415 - loads what letters are checked with
    from chainboy.relay.start import relay_of  # noqa: PLC0415 - loads web3

    config.log_level.apply()
    relay, stop = relay_of(config), until_told()
    with nullcontext() if config.listen is None else Counter(relay.desk, *config.listen) as counter:
        at = f", letters at {counter.url}" if counter else ""
        _log.info("relay %s carries for %s%s", relay.address, config.network, at)
        relay.run(stop, pause=config.poll_seconds)


if __name__ == "__main__":
    sys.exit(main())
