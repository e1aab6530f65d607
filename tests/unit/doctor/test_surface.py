"""What the rules claim of the runtime is what the runtime says of itself."""

from __future__ import annotations

import json
import math
import random
import re
import sys
from importlib import resources
from pathlib import Path

import pytest

from chainboy.consensus.outcome import Status
from chainboy.doctor.rules.floats import TRANSCENDENTAL
from chainboy.doctor.rules.outside import CALENDAR, CLOCKS
from chainboy.doctor.surface import record, surface
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

BLOCK = '# /// chainboy\n# runtime = "cpython-wasm:1"\n# ///\n'


@pytest.fixture(scope="module")
def sandbox() -> WasmSandbox:
    """The runtime."""
    return WasmSandbox()


def run(sandbox: WasmSandbox, body: str) -> Run:
    """Run a program without metadata to speak of."""
    return sandbox.run(Job(program=(BLOCK + body).encode(), input=b"", fuel_limit=Fuel(10**11)))


def test_the_surface_is_the_runtimes(sandbox: WasmSandbox) -> None:
    """Each module inside is imported by the runtime, each name is found in it, and none is forgotten."""
    kept = json.loads(resources.files("chainboy.doctor.surface").joinpath("cpython-wasm-1.json").read_text())
    found = record.recorded(sandbox)
    assert {name for name in found if name in sys.stdlib_module_names} <= set(kept)
    assert {name: kept[name] for name in found} == found
    assert len(found) > 100


def test_the_page_on_programs_lists_what_is_inside() -> None:
    """Every module that it names."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "programs.md").read_text("utf-8")
    listed = re.findall(
        r"`([\w.]+)`", page.partition("## What is inside")[2].partition("and what these need")[0]
    )
    assert len(listed) > 40
    assert [module for module in listed if module not in surface()] == []


def test_all_modules_together_and_no_other(sandbox: WasmSandbox) -> None:
    """One run imports everything that is inside; everything else of the standard library is missing."""
    inside = sorted(surface().modules)
    outside = sorted(name for name in sys.stdlib_module_names if name not in surface())
    body = f"""
def main():
    for name in {inside!r}:
        __import__(name)
    for name in {outside!r}:
        try:
            __import__(name)
        except ModuleNotFoundError:
            continue
        raise LookupError(name)
"""
    done = run(sandbox, body)
    assert done.outcome.status is Status.OK, done.logs


@pytest.mark.parametrize(
    "name",
    [name for name in (*CLOCKS, *CALENDAR) if name.split(".")[1] in surface().names_of(name.split(".")[0])],
)
def test_no_clock_answers(sandbox: WasmSandbox, name: str) -> None:
    """Called with what it takes, each ends in a failure."""
    given = {
        "time.sleep": "0",
        "time.strptime": "'1', '%d'",
        "time.mktime": "(1,) * 9",
        "time.asctime": "(1,) * 9",
    }
    done = run(sandbox, f"import {name.partition('.')[0]}\ndef main(): {name}({given.get(name, '')})")
    assert done.outcome.status in (Status.RAISED, Status.ABORTED)
    assert done.outcome.payload in (b"PermissionError", b"")


def test_what_is_no_transcendental_function_is_the_same_everywhere(sandbox: WasmSandbox) -> None:
    """Sums, roots and the like of thousands of numbers, bit by bit as on this machine."""
    exact = "sqrt fabs floor ceil trunc frexp modf degrees radians".split()  # noqa: SIM905 - reads better
    assert not set(exact) & set(TRANSCENDENTAL)
    body = f"""
import hashlib, math, random
def digest():
    random.seed(7)
    seen = hashlib.sha256()
    for _ in range(2000):
        x, y = random.uniform(0, 1e9), random.uniform(-1, 1)
        for name in {exact!r}:
            seen.update(repr(getattr(math, name)(x * y if name != 'sqrt' else x)).encode())
        seen.update(repr((x + y, x - y, x * y, x / y, math.fmod(x, y), math.fsum([x, y, x]))).encode())
    return seen.hexdigest()
def main():
    print(digest())
"""
    here: dict[str, object] = {"math": math, "random": random}
    exec(body, here)  # noqa: S102 - what the sandbox runs
    state = random.getstate()
    try:
        assert run(sandbox, body).logs.strip() == here["digest"]()  # type: ignore[operator]
    finally:
        random.setstate(state)
