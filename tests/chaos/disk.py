"""Disks that fill up: a file system of its own where this process may mount one, else a limit on files."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

MEBIBYTES = 48
"""Of a node's own disk: the journal of thousands of tasks fits."""

_BALLAST = "ballast"


class Disk:
    """The place of one node's journal, at ``folder``; :attr:`real` if it is a file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        size = f"size={MEBIBYTES}m"
        self.real = os.geteuid() == 0 and _done("mount", "-t", "tmpfs", "-o", size, "none", folder)

    def fill(self, pid: int) -> None:
        """No byte more fits from now on; ``pid`` is the process that writes."""
        if self.real:
            self._take_all()
        else:
            largest = max((path.stat().st_size for path in self.folder.iterdir()), default=0)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, largest))

    def free(self) -> None:
        """There is space again; a limit ends with its process."""
        (self.folder / _BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing stays mounted."""
        if self.real:
            _done("umount", "--lazy", self.folder)

    def _take_all(self) -> None:
        with (self.folder / _BALLAST).open("wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    continue


def _done(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
