"""The sandbox conformance suite, on every sandbox of the package."""

from __future__ import annotations

from typing import ClassVar

import pytest

from chainboy.sandbox.subprocess import SubprocessSandbox, UnsafeSandboxWarning
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.testing.sandbox_conformance import SandboxConformance


@pytest.fixture(scope="module")
def wasm() -> WasmSandbox:
    """One for all: it is made to be shared."""
    return WasmSandbox()


class TestWasmSandbox(SandboxConformance):
    """CPython in WebAssembly."""

    @pytest.fixture
    def sandbox(self, wasm: WasmSandbox) -> WasmSandbox:
        """The sandbox under test."""
        return wasm


class TestSubprocessSandbox(SandboxConformance):
    """A plain process."""

    metered: ClassVar[bool] = False

    @pytest.fixture
    def sandbox(self) -> SubprocessSandbox:
        """The sandbox under test; only a hung run ever waits for its limit."""
        with pytest.warns(UnsafeSandboxWarning):
            return SubprocessSandbox(wall_clock_limit=30)

    @pytest.fixture
    def impatient(self) -> SubprocessSandbox:
        """The same; a program that would end takes a fifth of this."""
        with pytest.warns(UnsafeSandboxWarning):
            return SubprocessSandbox(wall_clock_limit=1)
