"""The same program in WebAssembly, in a container and in a plain process."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from computing import HEAD, LOOPS, TRIVIAL
from eth_abi.abi import encode
from paired import Ratio, paired

from chainboy.sandbox.protocol import Job
from chainboy.sandbox.subprocess import SubprocessSandbox
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

MEBIBYTE = 1 << 20
START = 50
"""How many times faster than a container a run in WebAssembly is to start."""
ROUNDS = 9


def measure() -> Iterator[Ratio]:
    """Each kind of work in all three; nothing where no engine can be started."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    engines = importlib.import_module("engine")
    if missing := engines.lacking():
        print(missing, file=sys.stderr)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = SubprocessSandbox()
    wasm = WasmSandbox()
    with engines.running() as engine:
        container = engine.sandbox()
        for what, job in jobs().items():
            answers = {box.run(job).outcome.payload for box in (wasm, container, process)}
            assert len(answers) == 1
            slow = paired(lambda: container.run(job), lambda: wasm.run(job), rounds=ROUNDS)  # noqa: B023
            plain = paired(lambda: process.run(job), lambda: wasm.run(job), rounds=ROUNDS)  # noqa: B023
            goal = START if what == "trivial" else None
            name = f"{what} program, container / WebAssembly"
            yield Ratio(what=name, figure=slow.ratio, goal=goal, least=True, note=str(slow))
            name = f"{what} program, plain process / WebAssembly"
            yield Ratio(what=name, figure=plain.ratio, note=str(plain))


def jobs() -> dict[str, Job]:
    """Nothing to do, much to compute, and much to read."""
    number, loop = LOOPS["integers"]
    reader = HEAD.replace("uint256 n", "bytes b") + "def main(b): return len(b) + b[-1]\n"
    return {
        "trivial": _job(TRIVIAL, encode(["uint256"], [7])),
        "CPU-bound": _job((HEAD + loop).encode(), encode(["uint256"], [5 * number])),
        "1 MiB input": _job(reader.encode(), encode(["bytes"], [bytes(MEBIBYTE)])),
    }


def _job(program: bytes, data: bytes) -> Job:
    return Job(program=program, input=data, fuel_limit=Fuel(10**12))
