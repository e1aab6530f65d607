"""Mutated programs in the WebAssembly sandbox: always an outcome, always the same."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fuzz.target import Target, words

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import ProgramError
from chainboy.programs.metadata import parse
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "programs"
SEEDS = tuple(
    (EXAMPLES / f"{name}.py").read_bytes()
    for name in ("text/roman", "text/soundex", "hashes/merkle_root", "records/tally_votes", "numbers/pell")
)
NO_MAIN = "the program has no function main"
LIMIT = Fuel(5_000_000)
WORDS = words(r"""
        lambda:\x20 yield\x20 await\x20 raise\x20 import\x20os\n exec( __import__( while\x20True:\x20 ()
        del\x20 global\x20 async\x20 * ** := try:\x20 main [0]*9**9 9**9**9 \n\n \t @main\n
        class\x20X:\x20 print( sys.exit( ''' f"{ \\ \x00 \xff type( ...
    """)


@cache
def sandbox() -> WasmSandbox:
    """One for all runs."""
    return WasmSandbox()


def check(data: bytes) -> bool:
    """Two runs of any bytes as a program agree to the last unit of fuel; whether ``main`` returned."""
    text_input = (32).to_bytes(32, "big") + bytes(32)
    job = Job(program=data, input=text_input, fuel_limit=LIMIT)
    run = sandbox().run(job)
    outcome = run.outcome
    assert sandbox().run(job).outcome == outcome
    assert Outcome.decode(outcome.encode()) == outcome
    assert outcome.fuel <= LIMIT
    assert outcome.payload != b"ProgramError" or not has_types(data) or NO_MAIN in run.logs
    return outcome.status is Status.OK


def has_types(data: bytes) -> bool:
    """Whether a requester could ask for this: then the guest finds no fault with its metadata."""
    try:
        metadata = parse(data)
        return len(metadata.inputs) + len(metadata.outputs) > 0
    except ProgramError:
        return False


TARGETS = (Target(name="programs", check=check, seeds=SEEDS, tokens=WORDS, guided=False, tries=100),)
