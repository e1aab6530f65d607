"""What a container may use and do: everything that Docker would allow by itself is taken away here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

COMMAND = "/usr/local/bin/chainboy-run"
FOLDER = "/sandbox"
USER = "65534:65534"
"""nobody: no name is looked up, so an image cannot give it another meaning."""
MIB = 1 << 20
SUPERVISOR_MIB = 64
"""Memory of a container that is neither the program's nor the folder's."""
_FILES = 64
_INODES = 4096
_NANO = 10**9


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds of one run. Whatever hits one ends without an outcome, so they may differ between nodes."""

    wall_clock_limit: float = 300.0
    """Seconds from the container's start to its end."""
    cpu_seconds: int = 300
    """Of each process in it."""
    memory_mib: int = 768
    """Of all processes and the work folder together; there is no swap."""
    work_mib: int = 64
    """Of the work folder, the one place that can be written to. It is in memory."""
    processes: int = 16
    cpus: float = 1.0

    @property
    def room_mib(self) -> int:
        """Memory that is left for the program."""
        return self.memory_mib - self.work_mib - SUPERVISOR_MIB


def hardened(
    asked: Mapping[str, Any], *, limits: Limits, labels: Mapping[str, str], oci_runtime: str | None
) -> dict[str, Any]:
    """The options of ``containers.create`` that epicbox asked for, with everything it cannot ask for.

    The system call filter is the engine's default one. ``/dev/shm`` is not there: the container has an
    IPC namespace of its own without it.
    """
    from docker.types import Ulimit  # noqa: PLC0415 - heavy

    work = f"rw,nosuid,nodev,noexec,size={limits.work_mib}m,nr_inodes={_INODES},mode=0700,uid=65534,gid=65534"
    extra: dict[str, Any] = {
        "entrypoint": [COMMAND, f"{limits.wall_clock_limit:g}"],
        "command": [],
        "working_dir": FOLDER,
        "hostname": "chainboy",
        "labels": dict(labels),
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "tmpfs": {FOLDER: work},
        "network_mode": "none",
        "ipc_mode": "none",
        "nano_cpus": round(limits.cpus * _NANO),
        "oom_score_adj": 1000,
        "healthcheck": {"test": ["NONE"]},
        "init": False,
        "privileged": False,
        "stop_signal": "SIGKILL",
        "ulimits": [
            *(asked.get("ulimits") or ()),
            Ulimit(name="nofile", soft=_FILES, hard=_FILES),
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="memlock", soft=0, hard=0),
            Ulimit(name="msgqueue", soft=0, hard=0),
        ],
    }
    if oci_runtime is not None:
        extra["runtime"] = oci_runtime
    return {**asked, **extra}
