"""A client of a fake network, and the parts it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi import encode
from fake_network import DEPLOYMENT, SOURCE, FakeNetwork, FakeSandbox, FakeSender

from chainboy.content import MemoryStore
from chainboy.contracts.deployment import Deployment
from chainboy.programs import Program
from chainboy.tasks import TaskClient


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """A network whose contracts pass the handshake."""
    monkeypatch.setattr(Deployment, "check", lambda _self, chain: chain.check())
    return FakeNetwork()


@pytest.fixture
def content() -> MemoryStore:
    """An empty content store."""
    return MemoryStore()


@pytest.fixture
def program() -> Program:
    """A program of one integer."""
    return Program(SOURCE)


@pytest.fixture
def sandbox() -> FakeSandbox:
    """A sandbox that finds 7."""
    return FakeSandbox(encode(["uint256"], [7]))


@pytest.fixture
def sender(network: FakeNetwork) -> FakeSender:
    """The account that asks."""
    return FakeSender(network)


@pytest.fixture
def make(
    network: FakeNetwork, content: MemoryStore, sandbox: FakeSandbox, sender: FakeSender
) -> Callable[..., TaskClient]:
    """Makes clients; waiting lets a block pass."""

    def made(**changes: Any) -> TaskClient:
        parts: dict[str, Any] = {
            "signer": sender,
            "content": content,
            "sandbox": sandbox,
            "sleep": lambda _: network.mine(),
        }
        return TaskClient(network, DEPLOYMENT, **(parts | changes))  # type: ignore[arg-type]

    return made


@pytest.fixture
def client(make: Callable[..., TaskClient]) -> TaskClient:
    """A client that may send."""
    return make()
