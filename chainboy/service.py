"""A service in a process of its own: it runs until it is told to stop, and every error is one line."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from chainboy.errors import ChainBoyError, ConfigError
from chainboy.logs import LogFormat, redacted

STOPPED, FAILED, MISUSED = 0, 1, 2
"""Exit codes: it was told to stop; it could not go on; its configuration is unusable."""


class LogLevel(Enum):
    """How much a service tells."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    def apply(self, form: LogFormat = LogFormat.TEXT) -> None:
        """Log so much, and no less, to standard error, without secrets."""
        handler = logging.StreamHandler()
        handler.setFormatter(form.formatter())
        logging.basicConfig(level=self.name, handlers=[handler])


def until_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set; to be called in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def command(name: str, arguments: Sequence[str] | None, work: Callable[[Path], None]) -> int:
    """``python -m chainboy.NAME --config FILE``: do ``work`` with the file; the process's exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m chainboy.{name}", description=f"Run a ChainBoy {name}.")
    parser.add_argument("--config", type=Path, required=True, help=f"the {name}'s TOML file")
    path: Path = parser.parse_args(arguments).config
    return exit_code(f"chainboy {name}", lambda: work(path))


def exit_code(name: str, work: Callable[[], None]) -> int:
    """Do ``work``; the process's exit code. An error is one line on standard error, begun with ``name``."""
    try:
        work()
    except ChainBoyError as error:
        print(f"{name}: {redacted(str(error))}", file=sys.stderr)  # noqa: T201 - what the user is to see
        return MISUSED if isinstance(error, ConfigError) else FAILED
    return STOPPED
