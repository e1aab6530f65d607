"""The sandbox conformance suite on a runner behind real HTTP, with WebAssembly in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from runner_world import Place

from chainboy.sandbox.remote import RemoteSandbox
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.testing.sandbox_conformance import SandboxConformance


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSandbox]:
    """One runner for all."""
    with Place(tmp_path_factory.mktemp("runner")).runner([WasmSandbox()]) as sandbox:
        yield sandbox


class TestRemoteSandbox(SandboxConformance):
    """CPython in WebAssembly, in a runner."""

    @pytest.fixture
    def sandbox(self, remote: RemoteSandbox) -> RemoteSandbox:
        """The sandbox under test."""
        return remote
