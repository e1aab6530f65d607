"""Checked by mypy in strict mode, never run: what ships fits the seams, and amounts carry their units."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from chainboy.chain import Call, Chain, KeySigner, Receipt, Sender, Signer
from chainboy.contracts import Deployment, Gateway, RemoteDeployment, TaskState
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events import (
    CursorStore,
    EventSource,
    FileCursor,
    LogReader,
    MemoryCursor,
    MemorySource,
    PollingSource,
)
from chainboy.networks import Network
from chainboy.testing.scripted_chain import ScriptedChain
from chainboy.units import TaskId, Wei


def seams(chain: Chain, signer: KeySigner) -> None:
    """Every implementation is one of its protocol, without being told so."""
    readers: tuple[LogReader, ...] = (chain, ScriptedChain())
    stores: tuple[CursorStore, ...] = (MemoryCursor(), FileCursor(Path("cursor.json")))
    sources: tuple[EventSource, ...] = (
        MemorySource(),
        PollingSource(readers[0], addresses=[], confirmations=0, cursor=stores[0]),
    )
    keys: tuple[Signer, ...] = (signer,)
    Sender(chain, keys[0])
    sources[0].poll()


def units(deployment: Deployment, chain: Chain, sender: Sender, task_id: TaskId) -> None:
    """Reads give units, writes give calls, sends give receipts, events keep their type."""
    gateway = deployment.gateway_on(chain)
    assert_type(gateway, Gateway)
    assert_type(gateway.at(5), Gateway)
    assert_type(gateway.credit_of(sender.address), Wei)
    assert_type(gateway.state_of(task_id), TaskState)
    assert_type(gateway.withdraw(sender.address), Call)
    receipt = sender.send(gateway.withdraw(sender.address))
    assert_type(receipt, Receipt)
    assert_type(gateway.events(receipt.logs, TaskRequested), tuple[TaskRequested, ...])
    gateway.state_of(b"not a task id")  # type: ignore[arg-type]


def networks(path: Path) -> None:
    """A network's chains come checked, each with contracts of its own kind."""
    network = Network.load(path)
    assert_type(network.connect_home(), Chain)
    assert_type(network.deployment, Deployment)
    assert_type(network.remote("far").contracts, RemoteDeployment | None)
