"""``python -m chainboy.runner --config FILE``: a runner as a process of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from chainboy.runner.config import RunnerConfig
from chainboy.service import command, until_told

_log = logging.getLogger("chainboy.runner")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a runner until SIGTERM or SIGINT; returns the exit code. An error is one line on standard error."""
    return command("runner", arguments, lambda path: _work(RunnerConfig.load(path)))


def _work(config: RunnerConfig) -> None:
    from chainboy.runner.serving import serving  # noqa: PLC0415 - loads the runtimes

    config.log_level.apply(config.log_format)
    with serving(config) as server:
        stop = until_told()
        _log.info("runs programs for whoever has the token, at %s", server.url)
        stop.wait()


if __name__ == "__main__":
    sys.exit(main())
