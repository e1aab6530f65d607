"""What of a journal is on the disk when, by the system calls of a process that writes one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

WRITER = """
import os, sys
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty, Event
from chainboy.node.rows import Sent
from chainboy.testing.journal_conformance import NODE, new_task

journal, task = Journal(sys.argv[1], NODE), new_task()
sent = Sent(nonce=1, tx_hash=bytes(32), raw=b"raw", duty=Duty.COMMIT, task_id=task.task_id)
for step in (
    lambda: journal.add(task),
    lambda: journal.apply(task, Event.ACCEPT, block=1),
    lambda: journal.record_sent(sent),
    lambda: journal.settle(1),
    journal.secure,
):
    os.write(1, b"begun")
    step()
os.write(1, b"begun")
"""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Sequence[str]:
    """The writer's synchronisations and its own marks, in order."""
    if shutil.which("strace") is None:
        missing = "nothing shows system calls: apt-get install strace"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    folder: Path = tmp_path_factory.mktemp("lasting")
    command = ["strace", "-f", "-qq", "-e", "trace=write,fsync,fdatasync", "-o", folder / "calls"]
    subprocess.run([*command, sys.executable, "-c", WRITER, folder / "journal"], check=True, timeout=120)
    return (folder / "calls").read_text().splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's; run it there")
def test_what_has_effects_is_on_the_disk_before_them(calls: Sequence[str]) -> None:
    """Signed transactions, and what is secured, with all before; what only the node itself sees may wait."""
    steps = "\n".join(calls).split('"begun"')[1:-1]
    assert [step.count("sync(") > 0 for step in steps] == [False, False, True, False, True]
