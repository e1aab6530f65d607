"""The command ``chainboy deploy`` in a process that ends itself with SIGKILL at a chosen step.

Steps are the writes of journal and file (before or after a rename), the broadcasts (after) and removals
(before). With fuse -1 it runs to its end.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from chainboy.chain.rpc import Rpc
from chainboy.cli.main import main as command


class Fuse:
    """Counts steps, and pulls the plug at the chosen one."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self) -> None:
        """One step."""
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def main(fuse: int, arguments: list[str], log: Path) -> None:
    """Run ``chainboy deploy`` until killed or done; exits with its code, ``log`` has what it said."""
    step = Fuse(fuse)
    replace, once, unlink = os.replace, Rpc.once, Path.unlink

    def replacing(*places: Any) -> None:
        step()
        replace(*places)
        step()

    def asking(rpc: Rpc, method: str, *params: Any) -> Any:
        answer = once(rpc, method, *params)
        if method == "eth_sendRawTransaction":
            step()
        return answer

    def unlinking(path: Path, **options: Any) -> None:
        if path.suffix == ".deploying":
            step()
        unlink(path, **options)

    os.replace, Rpc.once, Path.unlink = replacing, asking, unlinking  # type: ignore[assignment,method-assign]
    sys.stderr = sys.stdout = log.open("w", buffering=1)
    command(["deploy", *arguments])
