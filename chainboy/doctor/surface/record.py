"""Asks a runtime for its surface: once, when the runtime is made.

python -m chainboy.doctor.surface.record
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

_FUEL = Fuel(10**11)
_ASK = """# /// chainboy
# runtime = "{runtime}"
# ///
import sys

def main():
    for name in {names!r}:
        try:
            __import__(name)
        except ModuleNotFoundError:
            continue
        print(name, *({what}))
"""
_PUBLIC = "each for each in dir(sys.modules[name]) if name[0] != '_' and each[0] != '_'"


def recorded(sandbox: Sandbox, runtime: str = DEFAULT) -> dict[str, str]:
    """What ``runtime`` has of the standard library of this Python and of its own."""
    loaded = _ask(sandbox, runtime, ["sys"], "sorted(sys.modules)")["sys"].split()
    candidates = sorted({*sys.stdlib_module_names, *loaded} - {"program"})
    inside = _ask(sandbox, runtime, candidates, "()")
    found: dict[str, str] = {}
    for module in inside:  # one at a time: a log has an end
        found |= _ask(sandbox, runtime, [module], _PUBLIC)
    return found


def _ask(sandbox: Sandbox, runtime: str, names: list[str], what: str) -> dict[str, str]:
    program = _ASK.format(runtime=runtime, names=names, what=what).encode()
    logs = sandbox.run(Job(program=program, input=b"", fuel_limit=_FUEL)).logs
    return {name: rest for name, _, rest in (line.partition(" ") for line in logs.splitlines())}


def record() -> None:
    """Rewrite the surface file of the default runtime."""
    path = Path(__file__).with_name(f"{DEFAULT.replace(':', '-')}.json")
    path.write_text(json.dumps(recorded(WasmSandbox()), indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    record()
