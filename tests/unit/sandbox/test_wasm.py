"""The WebAssembly sandbox's own promises: metering, limits, engine release, stack, golden vectors."""
# ruff: noqa: ARG001, ARG005 (fakes have the signatures of what they stand for)

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
from wasmtime import Instance as EngineInstance
from wasmtime import Module, Store, WasmtimeError

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import RuntimeNotServed, SandboxError
from chainboy.sandbox import engine, golden, wasm
from chainboy.sandbox.golden import self_test, vectors
from chainboy.sandbox.guest.stackguard import FLOOR
from chainboy.sandbox.instance import Instance
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.runtimes import DEFAULT, MIB, RUNTIMES
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

HEAD = '# /// chainboy\n# outputs = ["uint256"]\n# ///\n'
ENDLESS = "def main():\n while True: pass"


def job(source: str, fuel: int = 10**10, **more: object) -> Job:
    """A job without input."""
    return Job(program=(HEAD + source).encode(), input=b"", fuel_limit=Fuel(fuel), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sandbox() -> WasmSandbox:
    """The shipped runtime with its usual limits."""
    return WasmSandbox()


def test_golden_vectors_hold(sandbox: WasmSandbox) -> None:
    """The runtime does here what it did when it was released."""
    assert len(vectors()) >= 10
    self_test(sandbox)


def test_self_test_notices_one_unit_of_fuel(sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector that differs in the least fails, by name."""
    first = vectors()[0]
    changed = attrs.evolve(first, outcome=attrs.evolve(first.outcome, fuel=first.outcome.fuel + 1))
    monkeypatch.setattr(golden, "vectors", lambda runtime: (changed,))
    with pytest.raises(SandboxError, match=first.name):
        self_test(sandbox)


def test_self_test_notices_another_artifact(sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that answers something else is not served."""
    wrong = Outcome(Status.OK, Fuel(1), b"")
    monkeypatch.setattr(WasmSandbox, "run", lambda self, job: wasm.Run(outcome=wrong))
    with pytest.raises(SandboxError, match="do not serve it"):
        self_test(sandbox)


def test_fuel_needed_is_the_least_limit_that_does(sandbox: WasmSandbox) -> None:
    """A run ends the same with any limit above what it used; else it is out of fuel."""
    used = sandbox.run(job("def main(): return sum(range(1000))")).outcome.fuel
    assert sandbox.run(job("def main(): return sum(range(1000))", used + 1)).outcome.fuel == used
    assert sandbox.run(job("def main(): return sum(range(1000))", 2**64 - 1)).outcome.fuel == used
    for limit in (used, used - 1, used - 100):
        less = sandbox.run(job("def main(): return sum(range(1000))", limit)).outcome
        assert less == Outcome(Status.OUT_OF_FUEL, Fuel(limit), b"")


@pytest.mark.parametrize("limit", [0, 1, 1000])
def test_hardly_any_fuel(sandbox: WasmSandbox, limit: int) -> None:
    """Even starting costs fuel; without it the outcome is the limit."""
    assert sandbox.run(job("def main(): return 1", limit)).outcome == Outcome(
        Status.OUT_OF_FUEL, Fuel(limit), b""
    )


def test_order_of_data_does_not_matter(sandbox: WasmSandbox) -> None:
    """A mapping given in another order is the same run."""
    data = {"b": b"x" * 100, "a": b"y"}
    source = "from chainboy import files\ndef main(): return len(' '.join(files))"
    found = [
        sandbox.run(job(source, files=dict(items), values={})).outcome
        for items in (data.items(), reversed(data.items()))
    ]
    assert found[0] == found[1]


def test_wall_clock_is_no_outcome(sandbox: WasmSandbox) -> None:
    """A run that takes too long is given up, whatever fuel is left; others go on."""
    hasty = WasmSandbox(wall_clock_limit=0.2)
    start = time.monotonic()
    with pytest.raises(SandboxError, match="over 0"):
        hasty.run(job(ENDLESS, 10**15))
    assert time.monotonic() - start < 10
    assert hasty.run(job("def main(): return 1")).outcome.status is Status.OK


def test_a_long_run_does_not_end_a_short_limit_early(sandbox: WasmSandbox) -> None:
    """Each run has its own deadline."""
    patient = threading.Thread(target=sandbox.run, args=(job(ENDLESS, 3 * 10**9),))
    patient.start()
    assert sandbox.run(job(ENDLESS, 10**9)).outcome.status is Status.OUT_OF_FUEL
    patient.join()


def test_no_thread_is_left_behind(sandbox: WasmSandbox) -> None:
    """A run's thread ends with the run."""
    sandbox.run(job("def main(): return 1"))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("chainboy-sandbox")]


def test_copies_take_fuel_by_their_size(sandbox: WasmSandbox) -> None:
    """A few instructions that move many bytes are no way around the meter."""
    small, large = (
        sandbox.run(job(f"a = bytearray({size})\ndef main(): a[:] = bytes(a); return 1")).outcome.fuel
        for size in (10**6, 2 * 10**7)
    )
    assert large - small > 19 * 10**6


def test_another_engine_release_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The release is part of the runtime's name; the message says what to install."""
    for found in ("50.0.2", ""):
        monkeypatch.setattr(engine.metadata, "version", lambda _, found=found: found)
        sandbox = WasmSandbox()
        assert not sandbox.serves(DEFAULT)
        with pytest.raises(RuntimeNotServed, match=r"wasmtime==50\.0\.1"):
            sandbox.load()


def test_no_engine_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without the engine serves nothing."""

    def missing(_: str) -> str:
        raise engine.metadata.PackageNotFoundError

    monkeypatch.setattr(engine.metadata, "version", missing)
    assert not WasmSandbox().serves(DEFAULT)


def test_an_unknown_runtime_has_no_sandbox() -> None:
    """A sandbox is made for a runtime that exists."""
    with pytest.raises(RuntimeNotServed):
        WasmSandbox(runtime="cpython-wasm:0")


DEEP = {
    "python": "import sys\nsys.setrecursionlimit(10**9)\n"
    "def f(x): return sorted([x], key=f)\ndef main(): f(1)",
    "attributes": "import sys\nsys.setrecursionlimit(10**9)\n"
    "class A:\n __getattr__ = lambda s, n: getattr(s, 'a')\n"
    "def main(): A().x",
    "json": "import json, sys\nsys.setrecursionlimit(10**9)\ndef main(): json.loads('[' * 10**6)",
    "repr": "a = []\nfor _ in range(10**6): a = [a]\ndef main(): repr(a)",
    "compare": "a = []; b = []\nfor _ in range(10**6): a = [a]; b = [b]\ndef main(): a == b",
    "hash": "a = ()\nfor _ in range(10**6): a = (a,)\ndef main(): hash(a)",
    "free": "a = {}\nfor _ in range(10**6): a = {1: a}\ndel a\ndef main(): return 1",
    "map": "a = iter([1])\nfor _ in range(10**6): a = map(abs, a)\ndef main(): next(a)",
    "zip": "a = iter([1])\nfor _ in range(10**6): a = zip(a)\ndef main(): next(a)",
    "partial": "from functools import partial\nf = abs\nfor _ in range(10**5):\n f = partial(f); f.a = 1\n"
    "def main(): f(1)",
    "generators": "import sys\nsys.setrecursionlimit(10**9)\n"
    "def g(n):\n if n: yield from g(n - 1)\n yield 1\n"
    "def main(): next(g(10**5))",
    "constants": "t = ()\nfor _ in range(10**5): t = (t,)\n"
    "def main(): compile('1', 'x', 'exec').replace(co_consts=t)",
    "source": "def main(): eval('+'.join(['a'] * 10**5))",
    "aliases": "t = int\nfor _ in range(10**5): t = list[t]\ndef main(): hash(t)",
    "exceptions": "e = ValueError()\nfor _ in range(10**5): e = ExceptionGroup('', [e])\n"
    "def main(): e.split(KeyError)",
}


@pytest.mark.parametrize("name", DEEP)
def test_the_artifact_stops_before_the_native_stack(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fourth of the native stack every recursion still ends by the runtime's own limits."""
    small = attrs.evolve(RUNTIMES[DEFAULT], stack_limit=16 * MIB)
    monkeypatch.setattr(wasm, "runtime_named", lambda _: small)
    outcome = WasmSandbox().run(job(DEEP[name], 2 * 10**10)).outcome
    assert (outcome.status, outcome.payload) in {
        (Status.RAISED, b"RecursionError"),
        (Status.ABORTED, b""),
        (Status.OK, (1).to_bytes(32, "big")),
    }
    assert FLOOR < MIB


def test_native_stack_exhaustion_is_no_outcome(sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on the machine is an abstention."""
    store = Store(sandbox._load().engine)
    endless = Module(store.engine, '(module (func $f (export "f") call $f))')
    f: Any = EngineInstance(store, endless, []).exports(store)["f"]
    monkeypatch.setattr(Instance, "run", lambda self, *_: f(store))
    with pytest.raises(SandboxError, match="native stack"):
        sandbox.run(job("def main(): return 1"))


def test_a_thread_that_cannot_start_is_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a machine without memory for a stack."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = threading.stack_size()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(SandboxError, match="thread"):
        wasm._on_deep_stack(lambda: 1, MIB)
    assert threading.stack_size() == before


@pytest.mark.parametrize("method", ["__init__", "run"])
def test_an_engine_error_without_a_trap_is_translated(
    method: str, sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No library error leaves the sandbox."""

    def fail(*_: object) -> None:
        raise WasmtimeError("out of memory")

    monkeypatch.setattr(Instance, method, fail)
    with pytest.raises(SandboxError, match="out of memory"):
        sandbox.run(job("def main(): return 1"))


def test_an_artifact_without_an_entry_is_refused(
    sandbox: WasmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a module that exports ``run`` is a runtime."""
    loaded = sandbox._load()
    empty = Module(loaded.engine, '(module (import "chainboy" "slice" (func (param i64) (result i64))))')
    monkeypatch.setattr(sandbox, "_loaded", loaded._replace(module=empty))
    with pytest.raises(SandboxError, match="has no 'run'"):
        sandbox.run(job("def main(): return 1"))


def test_construction_touches_nothing(tmp_path: Path) -> None:
    """Making a sandbox is free; its folder is made when it is first needed."""
    WasmSandbox(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
