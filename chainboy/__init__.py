"""ChainBoy: programs run by a network of user-run nodes, results agreed on by token majority.

The names here are the ones most users need. Each is loaded when first used, so importing is cheap.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainboy.errors import ChainBoyError
    from chainboy.programs import Cid, Program, program
    from chainboy.programs.guest import files, values
    from chainboy.tasks import AsyncTaskClient, Result, Task, TaskClient

# Who uses this package decides what becomes of its log; commands and scripts that say nothing stay quiet.
logging.getLogger(__name__).addHandler(logging.NullHandler())

_HOMES = {
    "AsyncTaskClient": "chainboy.tasks",
    "ChainBoyError": "chainboy.errors",
    "Cid": "chainboy.programs",
    "Program": "chainboy.programs",
    "Result": "chainboy.tasks",
    "Task": "chainboy.tasks",
    "TaskClient": "chainboy.tasks",
    "files": "chainboy.programs.guest",
    "program": "chainboy.programs",
    "values": "chainboy.programs.guest",
}

__all__ = [
    "AsyncTaskClient",
    "ChainBoyError",
    "Cid",
    "Program",
    "Result",
    "Task",
    "TaskClient",
    "files",
    "program",
    "values",
]


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
