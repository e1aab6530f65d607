"""The installed command, run in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs

COMMAND = Path(sys.executable).with_name("chainboy")
"""The installed command."""


@attrs.frozen
class Ended:
    """How a command ended, and what it told."""

    code: int
    out: str
    err: str


def chainboy(*arguments: str | Path, folder: Path | None = None) -> Ended:
    """Run the installed command in a process of its own; it never shows a traceback."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )
    assert "Traceback" not in done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)
