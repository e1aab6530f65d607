"""The same guest in an ordinary Python process, for debugging: a job comes in, its answer goes out.

    python -P -s child.py < job.json

Nothing is isolated here. The rules only make the program's surroundings look as they do in the runtime.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MEMORY_LIMIT = 1 << 30
"""Address space of the process, in bytes, where the platform can limit it."""


def main() -> None:
    """Answer the job on standard input; ends the process."""
    job = json.load(sys.stdin)
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    write, leave = os.write, os._exit
    _limit_memory()
    driver, rules = _guest()
    _kept = rules.prepare()
    rules.close()
    answer = driver.run(
        job["program"].encode("latin-1"),
        job["data"].encode("latin-1"),
        {name: content.encode("latin-1") for name, content in job["files"].items()},
        {name: int(number) for name, number in job["values"].items()},
    )
    text = json.dumps([answer.status, answer.payload.decode("latin-1"), answer.logs]).encode()
    while text:
        text = text[write(out, text) :]
    leave(0)


def _guest() -> tuple[Any, Any]:
    spec: Any = importlib.util.spec_from_file_location(
        "chainboy_guest", HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["chainboy_guest"] = package
    spec.loader.exec_module(package)
    sys.path.insert(0, str(HERE / "stubs"))
    importlib.import_module("chainboy.abi")
    names = ("chainboy_guest.driver", "chainboy_guest.rules")
    driver, rules = (importlib.import_module(name) for name in names)
    return driver, rules


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


if __name__ == "__main__":
    main()
