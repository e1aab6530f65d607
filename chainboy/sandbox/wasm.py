"""The default sandbox: CPython in WebAssembly, metered, with nothing to reach outside.

A run has its own instance of the artifact, about a millisecond old, that can ask its host for more fuel
and nothing else: no file, socket, clock, entropy or environment. What a program does is a function of
the artifact, the program, its input and its data, and so is the fuel it takes. A run that does not
leave at least one unit of its limit is out of fuel.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import SandboxError
from chainboy.sandbox import compiled
from chainboy.sandbox.answer import MAX_LOG, judge
from chainboy.sandbox.engine import installed_release, make_engine, require_release
from chainboy.sandbox.instance import Allowance, Ended, Instance
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.runtimes import DEFAULT, MIB, Runtime, runtime_named
from chainboy.tables import Table, seconds
from chainboy.units import Fuel

if TYPE_CHECKING:
    from wasmtime import Engine, Module, Trap

WALL_CLOCK_LIMIT = 300.0
"""Seconds after which a run is given up, unless told otherwise."""

_Result = TypeVar("_Result")


class _Loaded(NamedTuple):
    engine: Engine
    module: Module


class WasmSandbox:
    """Runs programs of one runtime. Instances may be shared by threads, and should be.

    ``cache_dir`` holds compiled code (default: the user's cache folder); ``wall_clock_limit`` is in
    seconds and ends a run with :class:`SandboxError`, never with an outcome. Nothing is loaded before
    :meth:`load` or the first run: compiling takes seconds once, loading the kept code milliseconds.
    """

    def __init__(
        self,
        cache_dir: Path | None = None,
        wall_clock_limit: float = WALL_CLOCK_LIMIT,
        runtime: str = DEFAULT,
    ) -> None:
        self._configuration = (cache_dir, wall_clock_limit, runtime)
        self._runtime: Runtime = runtime_named(runtime)
        self._cache_dir = cache_dir or compiled.default_folder()
        self._wall_clock_limit = wall_clock_limit
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def __reduce__(self) -> tuple[type[WasmSandbox], tuple[Path | None, float, str]]:
        """Its configuration travels; what it loaded, and this machine's default folder, do not."""
        return WasmSandbox, self._configuration

    @property
    def runtime(self) -> str:
        """The name of its runtime."""
        return self._runtime.name

    def serves(self, runtime: str) -> bool:
        """Whether ``runtime`` is this sandbox's and its engine release is installed."""
        return runtime == self._runtime.name and installed_release() == self._runtime.wasmtime

    def within(self, seconds: float) -> WasmSandbox:
        """One like this, whose runs are given up after so many seconds at the latest."""
        cache_dir, limit, runtime = self._configuration
        return WasmSandbox(cache_dir, min(limit, seconds), runtime)

    def load(self) -> None:
        """Compile or load the runtime now instead of at the first run; raises :class:`SandboxError`."""
        self._load()

    def ship(self) -> None:
        """Compile the runtime into the cache folder, for an image whose programs another user runs."""
        self._load()
        compiled.share(self._cache_dir)

    def run(self, job: Job) -> Run:
        """Run ``job`` to its outcome; :class:`SandboxError` if there is none (see the protocol class)."""
        loaded = self._load()
        start = time.monotonic()
        allowance = Allowance(job.fuel_limit, start + self._wall_clock_limit)
        work = partial(self._run, loaded, job, allowance)
        outcome, log, memory = _on_deep_stack(work, self._runtime.stack_limit)
        seconds = time.monotonic() - start
        return Run(outcome=outcome, logs=log[:MAX_LOG], seconds=seconds, memory=memory)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                require_release(self._runtime)
                engine = make_engine(self._runtime)
                self._loaded = _Loaded(engine, compiled.load(engine, self._runtime, self._cache_dir))
            return self._loaded

    def _run(self, loaded: _Loaded, job: Job, allowance: Allowance) -> tuple[Outcome, str, int]:
        from wasmtime import Store, Trap, WasmtimeError  # noqa: PLC0415 - heavy

        store = Store(loaded.engine)
        store.set_limits(memory_size=self._runtime.memory_limit)
        try:
            instance = Instance(store, loaded.module, allowance)
        except (WasmtimeError, Trap) as error:
            raise SandboxError(f"no run could be started: {error}; free memory and try again") from error
        try:
            status, payload, log = instance.run(
                job.program.decode("latin-1"),
                job.input.decode("latin-1"),
                [(name, content.decode("latin-1")) for name, content in sorted(job.files.items())],
                [(name, str(value)) for name, value in sorted(job.values.items())],
            )
        except Trap as trap:
            outcome = self._trapped(trap, job.fuel_limit, instance.used(), allowance.ended)
            return outcome, "", instance.memory()
        except WasmtimeError as error:
            raise SandboxError(f"the engine gave up on a run: {error}; free memory and try again") from error
        used = instance.used()
        # The artifact asks for fuel when it is in debt: a run may end before it could ask.
        outcome = judge(status, payload, used) if used < job.fuel_limit else _out_of_fuel(job.fuel_limit)
        return outcome, log, instance.memory()

    def _trapped(self, trap: Trap, limit: int, used: int, ended: Ended | None) -> Outcome:
        """The outcome of a run that ended in a trap."""
        from wasmtime import TrapCode  # noqa: PLC0415 - heavy

        if ended is Ended.TIME:
            raise SandboxError(f"the run took over {self._wall_clock_limit:g} s; raise wall_clock_limit")
        if trap.trap_code is TrapCode.STACK_OVERFLOW:
            raise SandboxError("the native stack ended before the runtime's own limit; this node abstains")
        if used >= limit:
            return _out_of_fuel(limit)
        return Outcome(Status.ABORTED, Fuel(used), b"")


def configured(table: Table, folder: Path) -> WasmSandbox:
    """The sandbox that ``[sandboxes.wasm]`` describes; ``folder`` is what paths start from."""
    cache = table.take("cache", str, None)
    return WasmSandbox(
        cache_dir=None if cache is None else folder / cache,
        wall_clock_limit=table.take("wall_clock_limit", seconds, WALL_CLOCK_LIMIT),
        runtime=table.take("runtime", _named, DEFAULT),
    )


def _named(value: Any) -> str:
    return runtime_named(value).name


def _out_of_fuel(limit: int) -> Outcome:
    return Outcome(Status.OUT_OF_FUEL, Fuel(limit), b"")


def _on_deep_stack(work: Callable[[], _Result], size: int) -> _Result:
    """``work()`` on a thread of its own with ``size`` bytes of stack, for a caller's may be small."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    try:
        with _STACK_SIZE:
            before = threading.stack_size(size + 2 * MIB)
            try:
                thread = threading.Thread(target=target, name="chainboy-sandbox-run", daemon=True)
                thread.start()
            finally:
                threading.stack_size(before)
    except RuntimeError as error:
        raise SandboxError("no thread could be started for the run; free memory and try again") from error
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


_STACK_SIZE = threading.Lock()
"""Guards the interpreter's own setting, of which there is one per process."""
