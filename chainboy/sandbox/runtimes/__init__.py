"""The runtimes this package ships: a name fixes every byte and setting that may decide an outcome.

Rule: protocol, section 6 "Outcome". An entry never changes once released; another artifact, engine
release or setting that changes a golden vector is another name.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

import attrs

from chainboy.errors import RuntimeNotServed, SandboxError

MIB = 1 << 20


@attrs.frozen(kw_only=True)
class Runtime:
    """One runtime. Its interpreter's hash seed is frozen into the artifact's snapshot."""

    name: str
    artifact: str
    """The module's file beside this one, gzipped."""
    sha256: str
    """Of the module, uncompressed, in hex."""
    sources: str
    """Of the guest's sources it was built from, by :func:`chainboy.sandbox.guest.build.digest`."""
    python: str
    """The interpreter's version."""
    wasmtime: str
    """The one engine release whose results the golden vectors hold."""
    memory_limit: int
    """Most linear memory of a run, in bytes."""
    stack_limit: int
    """Native stack of a run, in bytes. The artifact stops itself below a fourth of it."""

    def module(self) -> bytes:
        """The artifact; raises :class:`SandboxError` unless it is the one the name fixes."""
        packed = resources.files(__package__).joinpath(self.artifact).read_bytes()
        try:
            data = gzip.decompress(packed)
        except (OSError, EOFError) as error:
            raise SandboxError(f"the artifact of {self.name} is damaged; install it again") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise SandboxError(f"the artifact of {self.name} is not the released one; install it again")
        return data


DEFAULT = "cpython-wasm:1"

RUNTIMES: Mapping[str, Runtime] = MappingProxyType(
    {
        DEFAULT: Runtime(
            name=DEFAULT,
            artifact="cpython-wasm-1.wasm.gz",
            sha256="7cfa1544ed7ade8c59546e33f811058c997e00dff0b5a31412bd6f0709449669",
            sources="76032935208d94aa55eca5107e5fee0482238ee36bdd6d41849c63b479e76d69",
            python="3.14.0",
            wasmtime="50.0.1",
            memory_limit=256 * MIB,
            stack_limit=64 * MIB,
        ),
    },
)


def runtime_named(name: str) -> Runtime:
    """The runtime called ``name``; raises :class:`RuntimeNotServed` if this package has none."""
    try:
        return RUNTIMES[name]
    except KeyError:
        known = ", ".join(RUNTIMES)
        raise RuntimeNotServed(f"no runtime is called {name!r}; this package has {known}") from None
