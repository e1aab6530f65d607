"""Requests that nobody can or will answer: refused before they cost anything, or left alone and refunded."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from chainboy import Cid, Program, TaskClient
from chainboy.chain.sender import Sender
from chainboy.consensus.outcome import Status
from chainboy.consensus.params import Mode, Params
from chainboy.content import DirectoryStore
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.errors import (
    ChainBoyError,
    ContentMismatch,
    ContentNotFound,
    ContractRefused,
    InputError,
    InsufficientFunds,
    ProgramError,
    RuntimeNotServed,
)
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.testing import LocalNetwork
from chainboy.units import Fuel, TaskId, Timestamp

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("bad input")]

PRICE = 10**16
LEAST = 10**12
LIFE = 900


def source(block: str, body: str = "def main(n):\n    return n\n") -> bytes:
    """A program file with these metadata."""
    lines = "".join(f"# {line}\n" for line in block.splitlines())
    return f"# /// chainboy\n{lines}# ///\n{body}".encode()


RUNTIME = 'runtime = "cpython-wasm:1"\n'
GOOD = source(RUNTIME + 'inputs = ["uint8 n"]\noutputs = ["uint8"]')
TAMPERED = source(RUNTIME + 'inputs = ["uint8 n"]\noutputs = ["uint8"]', "def main(n):\n    return 7\n")
NOWHERE = Cid.of(b"nobody has this")
SEVEN = (7).to_bytes(32, "big")


@attrs.frozen
class Bad:
    """A request that the gateway takes and no node answers, and what the nodes' journals say about it."""

    program: bytes
    reason: str
    price: int = PRICE
    stored: bool = True


BAD: Mapping[str, Bad] = {
    "unknown CID": Bad(b"nobody has this", "is not in", stored=False),
    "tampered content": Bad(TAMPERED, "fetch it from another store"),
    "no metadata": Bad(b"def main(n):\n    return n\n", "exactly one line"),
    "malformed metadata": Bad(source("runtime = 5"), "runtime"),
    "unknown key": Bad(source(RUNTIME + 'flavour = "sweet"'), "flavour"),
    "not UTF-8": Bad(b"\xff\xfe", "UTF-8"),
    "another runtime": Bad(source('runtime = "cpython-wasm:99"'), "not served"),
    "a file nobody has": Bad(source(RUNTIME + f'[files]\ndata = "{NOWHERE}"'), "is not in"),
    "too cheap": Bad(GOOD, "below our minimum", price=LEAST - 1),
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNetwork]:
    """Two nodes that want a price, on content that a test can spoil."""
    folder = tmp_path_factory.mktemp("network")
    policy = Policy(min_price=LEAST, delivery=Delivery.ALWAYS)

    def picky(**options: Any) -> Node:
        return Node.compose(**(options | {"policy": policy}))

    store = DirectoryStore(folder / "content")
    with LocalNetwork([300, 200], directory=folder, content=store, factories={0: picky, 1: picky}) as made:
        yield made


@pytest.fixture(scope="module")
def sender(network: LocalNetwork) -> Sender:
    """The account that asks, with the one nonce counter of its key."""
    signer = network.signer("careless")
    with network.paused():
        network.fund(signer.address)
    return Sender(network.chain, signer)


@pytest.fixture(scope="module")
def client(network: LocalNetwork, sender: Sender) -> TaskClient:
    """That account's client."""
    return TaskClient(network.chain, network.deployment, signer=sender, content=network.content)


def spoil(network: LocalNetwork, content: bytes) -> None:
    """Put a program into the store, and change a byte of it there."""
    path = network.directory / "content" / str(network.content.put(content))
    path.chmod(0o600)
    path.write_bytes(content.replace(b"return 7", b"return 8"))


def ask(network: LocalNetwork, sender: Sender, program: bytes, price: int, data: bytes = SEVEN) -> TaskId:
    """Ask the gateway itself, past all that the client would refuse."""
    gateway = network.deployment.gateway_on(network.chain)
    params = Params(
        mode=Mode.EXACT,
        tolerance=0,
        commit_window=60,
        fuel_limit=Fuel(10**8),
        expires_at=Timestamp(network.chain.head().timestamp + LIFE),
    )
    call = gateway.request(
        program=Cid.of(program).digest, input=data, params=params.pack(), price=price, tip=0
    )
    (made,) = gateway.events(sender.send(call).logs, TaskRequested)
    return made.task_id


def journal(network: LocalNetwork, node: int, task: TaskId) -> tuple[str, str]:
    """State and reason of a task in a node's journal file."""
    with closing(sqlite3.connect(network.directory / f"node-{node}.sqlite")) as file:
        row = file.execute("SELECT state, reason FROM tasks WHERE task_id = ?", (task,)).fetchone()
    return row or ("", "")


def sent(network: LocalNetwork, node: int, task: TaskId) -> list[tuple[str]]:
    """The duties for which a node has signed a transaction of this task."""
    with closing(sqlite3.connect(network.directory / f"node-{node}.sqlite")) as file:
        return file.execute("SELECT duty FROM transactions WHERE task_id = ?", (task,)).fetchall()


def wait(condition: Callable[[], bool]) -> None:
    """Until it holds."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def abstained(network: LocalNetwork, sender: Sender) -> dict[str, TaskId]:
    """All bad requests, asked at once, and left alone by every node."""
    with network.paused():
        for bad in BAD.values():
            if bad.stored:
                network.content.put(bad.program)
        spoil(network, TAMPERED)
        tasks = {name: ask(network, sender, bad.program, bad.price) for name, bad in BAD.items()}
    for task in tasks.values():
        wait(partial(lambda task: all(journal(network, node, task)[0] for node in (0, 1)), task))
    for task in tasks.values():
        wait(partial(lambda task: {journal(network, n, task)[0] for n in (0, 1)} == {"abstained"}, task))
    return tasks


@pytest.mark.parametrize("name", BAD)
def test_nodes_abstain_with_a_reason(network: LocalNetwork, abstained: dict[str, TaskId], name: str) -> None:
    """Each node's journal says why, in one line, and its key has committed to nothing."""
    for node in (0, 1):
        state, reason = journal(network, node, abstained[name])
        assert state == "abstained"
        assert BAD[name].reason in reason
        assert "\n" not in reason
        assert sent(network, node, abstained[name]) == []


def test_all_money_comes_back(
    network: LocalNetwork, client: TaskClient, abstained: dict[str, TaskId]
) -> None:
    """After the refund's time, price by price to the wei, and out of the gateway."""
    tasks = [client.task(task) for task in abstained.values()]
    network.advance(seconds=max(task.refundable_at for task in tasks) - network.chain.head().timestamp)
    before = client.credit()
    for task in tasks:
        assert task.refund() is not None
    assert client.credit() - before == sum(bad.price for bad in BAD.values())
    balance, credit = network.chain.balance(client.address), client.credit()
    receipt = client.withdraw()
    spent = receipt.gas_used * receipt.gas_price
    assert network.chain.balance(client.address) == balance + credit - spent


@pytest.mark.parametrize(
    "data", [b"", b"\xff" * 32, SEVEN[:-1], SEVEN * 2], ids=["none", "too large", "cut", "two"]
)
def test_arguments_of_other_types_are_a_result(
    network: LocalNetwork, sender: Sender, client: TaskClient, data: bytes
) -> None:
    """Input that does not fit is a failure that all nodes agree on: they are paid, nothing hangs."""
    network.content.put(GOOD)
    result = client.task(ask(network, sender, GOOD, PRICE, data)).result(timeout=120)
    assert result.status is Status.RAISED
    assert result.outcome.payload == b"InputError"
    assert result.agreeing_weight == 500


def test_a_task_found_too_late(network: LocalNetwork, sender: Sender, client: TaskClient) -> None:
    """Nodes that come back near its end note that they missed it and send nothing; the money comes back."""
    network.content.put(GOOD)
    with network.paused():
        for node in network.nodes:
            node.stop()
        task = client.task(ask(network, sender, GOOD, PRICE))
        network.advance(seconds=task.params.expires_at - network.chain.head().timestamp - 5)
        for node in network.nodes:
            node.start()
    wait(lambda: all(journal(network, node, task.id)[0] == "missed" for node in (0, 1)))
    for node in (0, 1):
        assert sent(network, node, task.id) == []
    network.advance(seconds=task.refundable_at - network.chain.head().timestamp)
    assert task.refund() is not None


@pytest.fixture
def unspent(network: LocalNetwork, client: TaskClient) -> Iterator[None]:
    """Nothing of the requester's is spent in the test, neither coins nor a nonce."""
    before = network.chain.balance(client.address), network.chain.nonce(client.address)
    yield
    assert (network.chain.balance(client.address), network.chain.nonce(client.address)) == before


REFUSED: Mapping[str, tuple[type[ChainBoyError], Any, tuple[Any, ...], dict[str, Any]]] = {
    "unknown CID": (ContentNotFound, NOWHERE, (1,), {}),
    "another kind of CID": (ProgramError, "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", (1,), {}),
    "a file that is not there": (ProgramError, Path("no-such-program.py"), (1,), {}),
    "tampered content": (ContentMismatch, Cid.of(TAMPERED), (1,), {}),
    "no program": (InputError, 5, (1,), {}),
    "text for a number": (InputError, Program(GOOD), ("1",), {}),
    "too large": (InputError, Program(GOOD), (256,), {}),
    "a bool for a number": (InputError, Program(GOOD), (True,), {}),
    "too many": (InputError, Program(GOOD), (1, 2), {}),
    "too few": (InputError, Program(GOOD), (), {}),
    "unknown name": (InputError, Program(GOOD), (), {"m": 1}),
    "another runtime": (RuntimeNotServed, Program(source('runtime = "cpython-wasm:99"')), (), {}),
    "a price of text": (InputError, Program(GOOD), (1,), {"price": "1"}),
    "half a wei": (InputError, Program(GOOD), (1,), {"price": 0.5}),
    "a price below the gateway's": (ContractRefused, Program(GOOD), (1,), {"price": 0}),
    "more than there is": (InsufficientFunds, Program(GOOD), (1,), {"price": 10**30}),
    "a life too short": (ContractRefused, Program(GOOD), (1,), {"lifetime": 30}),
    "a life too long": (ContractRefused, Program(GOOD), (1,), {"lifetime": 10**8}),
    "an unknown mode": (InputError, Program(GOOD), (1,), {"mode": "guess"}),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.usefixtures("unspent")
def test_a_client_refuses(network: LocalNetwork, client: TaskClient, name: str) -> None:
    """One error of this package in one sentence, before anything is paid."""
    spoil(network, TAMPERED)
    error, program, arguments, options = REFUSED[name]
    with pytest.raises(error) as caught:
        client.submit(program, *arguments, **({"price": PRICE} | options))
    assert str(caught.value)
    assert "\n" not in str(caught.value)
