"""A node process for the kill test: the usual one, but for a sandbox that answers at once and a fuse.

The process kills itself with SIGKILL at the journal write number ``fuse``, before or after it; with fuse -1
it ends by itself once its task is over.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Literal

from chainboy.node.config import NodeConfig
from chainboy.node.journal import Journal
from chainboy.node.start import node_of
from chainboy.testing.node_fakes import FakeSandbox


class Fuse:
    """Counts journal writes once the node runs, and pulls the plug at the chosen one."""

    def __init__(self, count: int, stage: str) -> None:
        self.left = count
        self.stage = stage
        self.lit = False

    def __call__(self, stage: Literal["before", "after"]) -> None:
        """One side of a journal write."""
        if not self.lit or stage != self.stage or self.left < 0:
            return
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def over(journal: Journal) -> bool:
    """A task was seen, none is active any more, and everything sent is final."""
    return bool(journal.transitions()) and not journal.active() and not journal.unsettled()


def main(config: str, fuse: int, stage: str) -> None:
    """Run until killed or done."""
    plug = Fuse(fuse, stage)
    loaded = NodeConfig.load(Path(config))
    node = node_of(loaded, sandbox=FakeSandbox(), probe=plug)
    plug.lit = True
    pause = threading.Event()
    for _ in range(600):
        node.step()
        if over(node.parts.journal):
            node.close()
            return
        pause.wait(loaded.poll_seconds)
    sys.exit(f"the node did not finish: {[task.state for task in node.parts.journal.active()]}")
