"""The WebAssembly engine in the one configuration a runtime fixes, and the clock that ends long runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

import attrs

from chainboy.errors import RuntimeNotServed
from chainboy.sandbox.runtimes import MIB, Runtime

if TYPE_CHECKING:
    from wasmtime import Engine

CONFIGURATION = "fuel epochs nan-canonical no-relaxed-simd no-threads speed"
"""Names the settings below in the key of compiled code; change it with them."""
TICK = 0.05
"""Seconds between two looks at the wall clock."""


def installed_release() -> str:
    """The engine release in this environment; empty if there is none."""
    try:
        return metadata.version("wasmtime")
    except metadata.PackageNotFoundError:
        return ""


def require_release(runtime: Runtime) -> None:
    """Raise :class:`RuntimeNotServed` unless the engine is the release that ``runtime`` fixes."""
    found = installed_release()
    if found != runtime.wasmtime:
        raise RuntimeNotServed(
            f"{runtime.name} runs on wasmtime {runtime.wasmtime} and no other, this environment has "
            f"{found or 'none'}; install wasmtime=={runtime.wasmtime}",
        )


def make_engine(runtime: Runtime) -> Engine:
    """The engine for ``runtime``. None of these settings may differ between two nodes."""
    from wasmtime import Config, Engine, _ffi  # noqa: PLC0415 - heavy

    config = Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.cranelift_nan_canonicalization = True
    config.cranelift_opt_level = "speed"
    config.wasm_relaxed_simd = False
    config.wasm_threads = False
    # The engine wants its other stack, which nothing here uses, to be the larger one; only the
    # foreign-function layer of this (pinned) release has the setting.
    _ffi.wasmtime_config_async_stack_size_set(config.ptr(), runtime.stack_limit + MIB)
    config.max_wasm_stack = runtime.stack_limit
    return Engine(config)


@attrs.define
class Clock:
    """Advances the engine's epoch while runs are under way; a run's deadline is a number of ticks."""

    engine: Engine
    _runs: int = attrs.field(default=0, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ticks at least until the block is left."""
        with self._lock:
            self._runs += 1
            if self._runs == 1:
                threading.Thread(target=self._tick, name="chainboy-sandbox-clock", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1

    def _tick(self) -> None:
        while True:
            time.sleep(TICK)
            with self._lock:
                if not self._runs:
                    return
            self.engine.increment_epoch()
