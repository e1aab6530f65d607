"""Writes what ``docker build`` needs for an image that runs programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from chainboy.errors import ConfigError

GUEST = "chainboy.sandbox.guest"
OURS = "chainboy.sandbox.container"
PARTS = (
    *("__init__.py", "child.py", "codec.py", "driver.py", "logs.py", "metadata.py", "rules.py"),
    *("supervisor.py", "stubs/chainboy/__init__.py", "stubs/chainboy/abi.py"),
)
MEMORY_MIB = 512
"""Address space of a program, unless the image says otherwise. It is part of the image: all nodes have it."""
MIB = 1 << 20

_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def write_context(folder: Path, *, modules: Sequence[str] = (), memory_mib: int = MEMORY_MIB) -> None:
    """Fill the new ``folder`` with a Dockerfile, the guest and its settings.

    ``modules`` are importable in programs besides the standard ones; the image's base must have them.
    :class:`ConfigError` for a folder that is not empty, a name that is none, or no memory.
    """
    for name in modules:
        if not _MODULE.fullmatch(name):
            raise ConfigError(f"{name!r} is no module's name; give one like numpy or numpy.linalg")
    if memory_mib < 1:
        raise ConfigError(f"a program cannot run in {memory_mib} MiB; give more")
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty; name a new folder")
    home = folder / "chainboy"
    (home / "stubs" / "chainboy").mkdir(parents=True)
    for part in PARTS:
        (home / part).write_bytes(_file(GUEST, part))
    settings = {"memory": memory_mib * MIB, "modules": list(modules)}
    (home / "settings.json").write_text(json.dumps(settings) + "\n", "utf-8")
    dockerfile = _file(OURS, "Dockerfile").decode().replace("@MEMORY_MIB@", str(memory_mib))
    (folder / "Dockerfile").write_text(dockerfile, "utf-8")
    command = folder / "chainboy-run"
    command.write_bytes(_file(OURS, "chainboy-run"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path == command else 0o644)


def _file(package: str, name: str) -> bytes:
    return resources.files(package).joinpath(*name.split("/")).read_bytes()
