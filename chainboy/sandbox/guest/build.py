"""Builds the runtime's artifact from the sources beside this file.

    python -m chainboy.sandbox.guest.build OUTPUT.wasm

Needs ``componentize-py`` 0.25.1 and nothing else. **Two builds are never the same**: the interpreter's
hash secret is drawn while the snapshot is taken and frozen into it, and with it the order of sets. So a
runtime is one built file, named by its sha256 in :mod:`chainboy.sandbox.runtimes`, and every node runs
that file; a rebuilt one is another runtime and needs another name.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from chainboy.sandbox.guest.stackguard import guard_component

HERE = Path(__file__).parent
PARTS = ("__init__.py", "codec.py", "driver.py", "logs.py", "metadata.py", "rules.py")


def digest() -> str:
    """sha256, in hex, of everything here that goes into the artifact."""
    files = [HERE / part for part in (*PARTS, "app.py", "stackguard.py", "wasm.py", "wit/runtime.wit")]
    files += sorted((HERE / "stubs" / "chainboy").glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def build(output: Path) -> str:
    """Write the component to ``output``; returns its sha256 in hex."""
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name)
        package = stage / "chainboy_guest"
        package.mkdir()
        for part in PARTS:
            shutil.copy(HERE / part, package / part)
        stubs = HERE / "stubs" / "chainboy"
        shutil.copytree(stubs, stage / "chainboy", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE / "app.py", stage / "app.py")
        raw = stage / "raw.wasm"
        tool = str(Path(sys.executable).with_name("componentize-py"))
        subprocess.run(  # noqa: S603 - a fixed command
            [
                *(tool, "-q", "-d", str(HERE / "wit"), "-w", "runtime"),
                *("componentize", "--stub-wasi", "-p", str(stage), "-o", str(raw), "app"),
            ],
            check=True,
        )
        component = guard_component(raw.read_bytes())
    output.write_bytes(component)
    return hashlib.sha256(component).hexdigest()


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))  # noqa: T201 - its result
