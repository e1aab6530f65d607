"""Fills in what each vector's outcome is, from the runtime as it stands: once, when a runtime is made.

python -m chainboy.sandbox.golden.record
"""

from __future__ import annotations

import json
from pathlib import Path

from chainboy.sandbox.golden import job_of
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.sandbox.wasm import WasmSandbox


def record() -> None:
    """Rewrite the vector file of the default runtime with the outcomes found here."""
    path = Path(__file__).with_name(f"{DEFAULT.replace(':', '-')}.json")
    table = json.loads(path.read_text("utf-8"))
    sandbox = WasmSandbox()
    for row in table:
        outcome = sandbox.run(job_of(row)).outcome
        row |= {"status": int(outcome.status), "fuel": outcome.fuel, "payload": outcome.payload.hex()}
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    record()
