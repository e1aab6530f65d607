"""The same guest in an ordinary Python process: a question comes in on a line, its answer goes out on one.

    python -P -s child.py < question

Nothing is isolated here. The rules only make the program's surroundings look as they do in the runtime;
what keeps a program in is around the process, as in an image (:mod:`chainboy.sandbox.guest.supervisor`).
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).parent
MEMORY_LIMIT = 1 << 30
"""Address space of the process, in bytes, where the platform can limit it."""
MAX_LOG = 131_072
"""Most characters of a log that are passed on."""
NO_OUTCOME = 75
"""Exit code of a process that could not even begin: no question came."""


def main() -> None:
    """Answer the question on standard input; ends the process."""
    answer(sys.stdin.buffer.readline(), os.dup(1), memory=MEMORY_LIMIT)


def answer(question: bytes, out: int, *, memory: int, modules: Iterable[str] = ()) -> NoReturn:
    """Write the answer to the file descriptor ``out`` and end the process.

    ``memory`` limits its address space, in bytes; programs may import ``modules`` besides the usual ones.
    """
    write, leave = os.write, os._exit
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    try:
        job = _job(question)
    except ValueError:
        leave(NO_OUTCOME)
    _limit_memory(memory)
    driver, rules = _guest()
    for name in modules:
        importlib.import_module(name)
    _kept = rules.prepare()
    rules.close()
    sys.modules.pop(__name__, None)
    found = driver.run(*job)
    text = json.dumps([found.status, found.payload.decode("latin-1"), found.logs[:MAX_LOG]]).encode() + b"\n"
    while text:
        text = text[write(out, text) :]
    leave(0)


def _job(question: bytes) -> tuple[bytes, bytes, dict[str, bytes], dict[str, int]]:
    if not question.endswith(b"\n"):
        raise ValueError("the question was cut off")
    asked = json.loads(question)
    return (
        base64.b64decode(asked["program"]),
        base64.b64decode(asked["data"]),
        {name: base64.b64decode(content) for name, content in asked["files"].items()},
        {name: int(number) for name, number in asked["values"].items()},
    )


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


def _limit_memory(size: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main()
