"""Ratios that need no chain: sandbox, count of votes, import."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from paired import Pair, Ratio, paired, seconds

from chainboy.consensus.encoding import signed_word
from chainboy.consensus.majority import decide, weigh
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.rewards import split_reward
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel, Timestamp, Wei, Weight

VOTES = 1_000_000

TRIVIAL = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["uint256"]
# ///
def main(n):
    return n
"""

HEAD = TRIVIAL[: TRIVIAL.index(b"def")].decode()

LOOPS = {
    "integers": (
        400_000,
        """
def main(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i * i) % 1000003
    return total
""",
    ),
    "list": (
        300_000,
        """
def main(n):
    primes = [True] * n
    for i in range(2, n):
        if primes[i]:
            for j in range(i * i, n, i):
                primes[j] = False
    return sum(primes)
""",
    ),
    "calls": (
        24,
        """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def main(n):
    return fib(n)
""",
    ),
    "floats": (
        500_000,
        """
def main(n):
    x = 0.5
    for i in range(n):
        x = 3.9 * x * (1 - x)
    return int(x * 10**6)
""",
    ),
}
"""Kinds of work: (n, the program's text)."""


def sandbox() -> Iterator[Ratio]:
    """One run from nothing to its outcome, and loops in it against the same loops in this Python."""
    box = WasmSandbox()
    trivial = Job(program=TRIVIAL, input=(7).to_bytes(32, "big"), fuel_limit=Fuel(10**10))
    run = paired(lambda: box.run(trivial), lambda: None, rounds=21)
    yield Ratio(what="trivial program in WebAssembly, ms", figure=run.work * 1000)
    pairs = {kind: _against_native(box, n, text) for kind, (n, text) in LOOPS.items()}
    for kind, pair in pairs.items():
        yield Ratio(what=f"  {kind}, WebAssembly / this Python", figure=pair.ratio, note=str(pair))
    middle = statistics.median(pair.ratio for pair in pairs.values())
    yield Ratio(what="CPU-bound programs, WebAssembly / this Python", figure=middle, goal=2.5)


def _against_native(box: WasmSandbox, n: int, text: str) -> Pair:
    job = Job(program=(HEAD + text).encode(), input=n.to_bytes(32, "big"), fuel_limit=Fuel(10**12))
    native: dict[str, Any] = {}
    exec(text, native)  # noqa: S102 - our own text above
    main = native["main"]
    assert int.from_bytes(box.run(job).outcome.payload) == main(n)
    return paired(lambda: box.run(job), lambda: main(n), clock=time.process_time)


def votes() -> Iterator[Ratio]:
    """A million votes to their winners' shares, against NumPy sorting as many token amounts."""
    import numpy as np  # noqa: PLC0415 - only this needs it

    chance = random.Random(1)
    weights = [Weight((10_000 + chance.randrange(1_000)) * 10**18) for _ in range(VOTES)]
    amounts = np.array(weights, dtype=object)
    small = np.random.default_rng(1).integers(0, 2**63, VOTES)
    for mode, words in _words(chance).items():
        tolerance = 5_000 if mode is Mode.MEDIAN else 0
        rules = Params(
            mode=mode, tolerance=tolerance, commit_window=60, fuel_limit=Fuel(1), expires_at=Timestamp(1)
        )
        pair = paired(lambda: _count(rules, words, weights), lambda: np.sort(amounts), rounds=3)  # noqa: B023
        yield Ratio(
            what=f"a million votes counted and rewarded, {mode.name} / NumPy sort",
            figure=pair.ratio,
            goal=3,
            note=f"{pair}, token amounts: above 64 bits",
        )
        machine = min(seconds(lambda: np.sort(small)) for _ in range(5))
        yield Ratio(what="  the same / NumPy sort of 64-bit integers", figure=pair.work / machine)


def _words(chance: random.Random) -> dict[Mode, list[bytes]]:
    few = [signed_word(each) for each in range(20)]
    return {
        Mode.EXACT: [few[0] if chance.random() < 0.7 else chance.choice(few) for _ in range(VOTES)],
        Mode.MEDIAN: [signed_word(10**12 + chance.randrange(10**6)) for _ in range(VOTES)],
    }


def _count(rules: Params, words: list[bytes], weights: list[Weight]) -> None:
    verdict = decide(rules, Weight(sum(weights)), weigh(words, weights))
    won = [weight for word, weight in zip(words, weights, strict=True) if word in verdict.agreeing]
    assert split_reward(Wei(10**18), won).shares


def importing() -> Iterator[Ratio]:
    """``import chainboy`` against ``import web3``, each in a new interpreter."""
    pairs = [(_import_seconds("chainboy"), _import_seconds("web3")) for _ in range(7)]
    pair = Pair.of(pairs[1:])
    yield Ratio(what="import chainboy / import web3", figure=pair.ratio, goal=0.15, note=str(pair))


def _import_seconds(module: str) -> float:
    timed = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(done.stdout)
