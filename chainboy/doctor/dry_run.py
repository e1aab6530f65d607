"""One run of a program on this machine, as a node would make it, with nothing asked of any chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainboy.content.store import ContentStore
from chainboy.doctor.price import MOST_FUEL
from chainboy.doctor.running import make_job
from chainboy.errors import RuntimeNotServed
from chainboy.programs.program import Program
from chainboy.sandbox.protocol import Sandbox
from chainboy.tasks.result import Trial
from chainboy.units import Fuel


def dry_run(
    program: Program,
    arguments: Mapping[str, Any] | None = None,
    *,
    sandboxes: Sequence[Sandbox] = (),
    files: Mapping[str, bytes] | None = None,
    values: Mapping[str, int] | None = None,
    content: ContentStore | None = None,
    fuel_limit: Fuel = MOST_FUEL,
) -> Trial:
    """Run ``program`` in the first of ``sandboxes`` that serves its runtime; by default in WebAssembly.

    ``files`` are the bytes of its data files by name; those not given come from ``content``. ``values`` are
    what its sources say. Raises :class:`~chainboy.errors.RuntimeNotServed`,
    :class:`~chainboy.errors.InputError` for arguments or data that do not fit, and what the sandbox and
    ``content`` raise; the program's own failures are outcomes.
    """
    data = program.encode_input(**(arguments or {}))
    job = make_job(program, data, fuel_limit=fuel_limit, files=files, values=values, content=content)
    runtime = program.metadata.runtime
    for sandbox in sandboxes or (_default(),):
        if sandbox.serves(runtime):
            run = sandbox.run(job)
            return Trial(
                program=program, outcome=run.outcome, logs=run.logs, seconds=run.seconds, memory=run.memory
            )
    raise RuntimeNotServed(f"{runtime!r} is not served here; configure a sandbox that does")


def _default() -> Sandbox:
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads the runtime's engine

    return WasmSandbox()
