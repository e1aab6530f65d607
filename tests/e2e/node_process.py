"""A node process for the kill test: the usual one, but for a sandbox that answers at once and a fuse.

``python node_process.py CONFIG FUSE STAGE [TASKS]``: the process kills itself with SIGKILL at the journal
write number FUSE, before or after it (STAGE); with FUSE -1 it ends by itself once TASKS tasks are over.
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


def over(journal: Journal, tasks: int) -> bool:
    """All tasks were seen, none is active any more, and everything sent is final."""
    seen = {line.task_id for line in journal.transitions()}
    return len(seen) >= tasks and not journal.active() and not journal.unsettled()


def main(config: str, fuse: str, stage: str, tasks: str = "1") -> None:
    """Run until killed or done."""
    plug = Fuse(int(fuse), stage)
    loaded = NodeConfig.load(Path(config))
    node = node_of(loaded, sandbox=FakeSandbox(), probe=plug)
    plug.lit = True
    pause = threading.Event()
    for _ in range(600):
        node.step()
        if over(node.parts.journal, int(tasks)):
            node.close()
            return
        pause.wait(loaded.poll_seconds)
    sys.exit(f"the node did not finish: {[task.state for task in node.parts.journal.active()]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
