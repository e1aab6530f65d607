"""The WebAssembly engine in the one configuration a runtime fixes.

The engine meters nothing: the artifact has its own meter (:mod:`chainboy.sandbox.guest.meter`), for the
engine's fuel and epochs together make the interpreter half as fast again as it is without.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from chainboy.errors import RuntimeNotServed
from chainboy.sandbox.runtimes import MIB, Runtime

if TYPE_CHECKING:
    from wasmtime import Engine

CONFIGURATION = "nan-canonical no-relaxed-simd no-threads speed"
"""Names the settings below in the key of compiled code; change it with them."""


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
    config.cranelift_nan_canonicalization = True
    config.cranelift_opt_level = "speed"
    config.wasm_relaxed_simd = False
    config.wasm_threads = False
    # The engine wants its other stack, which nothing here uses, to be the larger one; only the
    # foreign-function layer of this (pinned) release has the setting.
    _ffi.wasmtime_config_async_stack_size_set(config.ptr(), runtime.stack_limit + MIB)
    config.max_wasm_stack = runtime.stack_limit
    return Engine(config)
