"""Who made a container, told so that others can say for certain that he is gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import attrs

OWNER_LABEL = "org.chainboy.owner"
UNTIL_LABEL = "org.chainboy.until"
GRACE = 600
"""Seconds past its last one after which a container is nobody's, whatever the clocks of two machines say."""

PROC = Path("/proc")


@attrs.frozen(kw_only=True)
class Owner:
    """A process, by a name that no other process ever has."""

    boot: str
    """The kernel's name for its own run; empty where there is no ``/proc``."""
    namespace: str
    """Of process ids."""
    pid: int
    started: str
    """In the kernel's ticks since its start: ids are used again, but not at the same time."""

    @classmethod
    def current(cls, proc: Path = PROC) -> Owner:
        """This process. Not to be kept: a fork is another one."""
        try:
            boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
            namespace = (proc / "self/ns/pid").readlink().name
        except OSError:
            boot = namespace = ""
        pid = os.getpid()
        return cls(boot=boot, namespace=namespace, pid=pid, started=_started(proc, pid) or "")

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """The owner that a label names; None if it names none."""
        parts = text.split(" ")
        if len(parts) != 4 or not parts[2].isdecimal():  # noqa: PLR2004 - the fields above
            return None
        return cls(boot=parts[0], namespace=parts[1], pid=int(parts[2]), started=parts[3])

    def __str__(self) -> str:
        return f"{self.boot} {self.namespace} {self.pid} {self.started}"

    def is_gone(self, seen_by: Owner, proc: Path = PROC) -> bool:
        """Whether ``seen_by`` can tell that this process is over: it can only on the same machine."""
        place = (seen_by.boot, seen_by.namespace)
        if not all(place) or (self.boot, self.namespace) != place:
            return False
        return _started(proc, self.pid) != self.started


def is_leftover(labels: Mapping[str, str], *, seen_by: Owner, now: float, proc: Path = PROC) -> bool:
    """Whether nobody waits any more for the container with these labels."""
    owner = Owner.parse(labels.get(OWNER_LABEL, ""))
    if owner is None:
        return False
    until = labels.get(UNTIL_LABEL, "")
    overdue = until.isdecimal() and now > int(until) + GRACE
    return overdue or owner.is_gone(seen_by, proc)


def _started(proc: Path, pid: int) -> str | None:
    """Field 22 of ``/proc/PID/stat``, counted behind the name, which may have blanks; None if it is over."""
    try:
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]
