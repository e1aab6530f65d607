"""Endpoints, contracts and disks that fail under a real node process or client: told, and nothing lost."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from http_chain import Fault, HttpChain, down, forgetful, http_chain, lying, newer, slow
from node_command import Running
from node_world import World, configure, key, secret
from unmeasured import environment

from chainboy.chain import ChainProfile, connect
from chainboy.chain.call import Call
from chainboy.cli.main import main
from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.content import MemoryStore
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.errors import ChainBoyError, ChainError, VersionMismatch, WrongChain
from chainboy.tasks import TaskClient
from chainboy.units import TaskId, Wei

pytestmark = pytest.mark.chain

PRICE = 10**16


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A chain with one node's stake, enough for a majority."""
    made = World([100])
    yield made
    made.backend.close()


@pytest.fixture
def http(world: World) -> Iterator[HttpChain]:
    """The chain behind an endpoint that works unless told otherwise."""
    with http_chain(world.chain) as served:
        yield served


@pytest.fixture
def config(world: World, http: HttpChain, tmp_path: Path) -> Path:
    """A node's configuration, with a journal of its own."""
    return configure(world, http.url, secret("node 0"), tmp_path)


def refused(config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``chainboy node run`` says when it does not start: one line and code 1."""
    with pytest.raises(SystemExit) as caught:
        main(["node", "run", "--config", str(config)])
    told = capsys.readouterr()
    assert (caught.value.code, told.out) == (1, "")
    last = told.err.splitlines()[-1]
    assert last.startswith("chainboy node: ")
    assert "Traceback" not in told.err
    return last


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (lying, "serves chain 1, not"),
        (down, "502"),
        (newer, "speaks version 2, this package 1"),
    ],
    ids=["lying", "down", "newer"],
)
def test_a_node_does_not_start(
    config: Path, http: HttpChain, capsys: pytest.CaptureFixture[str], fault: Fault, says: str
) -> None:
    """On a lying endpoint, on none, and with contracts of another version; nothing is sent or written."""
    http.fault = fault
    assert says in refused(config, capsys)
    assert "eth_sendRawTransaction" not in http.asked
    assert not (config.parent / "journal.sqlite").exists()


def test_a_node_of_another_chain_or_contract(
    config: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chain in the configuration is not the endpoint's; something else lives at the hub's address."""
    text = config.read_text()
    config.write_text(text.replace(f"chain_id = {world.chain.chain_id}", "chain_id = 111111"))
    assert "not custom (111111)" in refused(config, capsys)
    config.write_text(text)
    attrs.evolve(world.deployment, hub=world.deployment.token).save(config.parent / "deployment.json")
    assert "no contract of this kind" in refused(config, capsys)
    attrs.evolve(world.deployment, chain_id=5).save(config.parent / "deployment.json")
    assert "the deployment is on chain 5" in refused(config, capsys)


@pytest.mark.parametrize("place", ["/dev/full", "no/such/folder/journal.sqlite", "content"])
def test_a_journal_that_cannot_be_written(
    config: Path, capsys: pytest.CaptureFixture[str], http: HttpChain, place: str
) -> None:
    """From the start: a full device, a folder that is not there, a folder for a file."""
    (config.parent / "content").mkdir()
    config.write_text(config.read_text().replace("journal.sqlite", place))
    assert "free disk space or check its rights" in refused(config, capsys)
    assert "eth_sendRawTransaction" not in http.asked


@pytest.fixture
def run(config: Path, world: World, http: HttpChain) -> Iterator[Callable[..., Running]]:
    """Starts the node; the process is gone after the test."""
    made: list[Running] = []

    def start(env: dict[str, str] | None = None) -> Running:
        made.append(Running(config, world, http, env))
        made[-1].wait(made[-1].started)
        assert made[-1].process.poll() is None, made[-1].log
        return made[-1]

    yield start
    for running in made:
        running.process.kill()
        running.process.wait(60)


def paid(world: World, task: TaskId) -> bool:
    """The node has claimed its reward."""
    return world.gateway.state_of(task) is TaskState.DELIVERED and world.gateway.is_claimed(task, 0)


def check_once(world: World, tasks: list[TaskId]) -> None:
    """Each was committed to, revealed and paid once, the whole share; the hub skipped nothing."""
    head = world.chain.head().number
    hub = world.chain.logs([world.hub.address], [], 0, head)
    gateway = world.chain.logs([world.gateway.address], [], 0, head)
    for task in tasks:
        for kind in (Committed, Revealed):
            assert [each.task_id for each in world.hub.events(hub, kind)].count(task) == 1
        claimed = [e.amount for e in world.gateway.events(gateway, RewardClaimed) if e.task_id == task]
        assert claimed == list(split_reward(PRICE, [100]).shares)
    assert world.hub.events(hub, EntrySkipped) == ()


def test_a_disk_that_fills_up(world: World, run: Callable[..., Running]) -> None:
    """The node stops with a sentence before it does what it could not remember; later it does it all."""
    full = run(environment())  # what is measured would not fit the disk either
    resource.prlimit(full.process.pid, resource.RLIMIT_FSIZE, (120_000, 120_000))
    tasks: list[TaskId] = []

    def ended() -> bool:
        if len(tasks) < 4:
            tasks.append(world.ask(bytes(24_000), mode=Mode.RANDOM, life=1_800))
        return full.process.poll() is not None

    full.wait(ended)
    assert full.process.returncode == 1
    assert full.log.splitlines()[-1].startswith("chainboy node: the journal ")
    assert "free disk space" in full.log
    assert "Traceback" not in full.log
    again = run()
    again.wait(lambda: all(paid(world, task) for task in tasks))
    assert again.stop() == 0
    check_once(world, tasks)


def test_an_endpoint_that_goes_away(world: World, http: HttpChain, run: Callable[[], Running]) -> None:
    """Slow all the time and gone for a while: the node says so, waits, and does what was left."""
    http.fault = slow
    running = run()
    before = world.chain.nonce(key("node 0").address)
    task = world.ask(mode=Mode.RANDOM, life=1_800)
    running.wait(lambda: world.chain.nonce(key("node 0").address) > before)
    http.fault = down
    running.wait(lambda: "this round of work failed" in running.log)
    assert running.process.poll() is None
    http.fault = slow
    running.wait(lambda: paid(world, task))
    assert running.stop() == 0
    assert "Traceback" not in running.log
    check_once(world, [task])


@pytest.fixture
def client(world: World, http: HttpChain) -> TaskClient:
    """A requester behind the same endpoint."""
    signer = key("requester")
    world.faucet.send(Call(to=signer.address, value=Wei(10**18)))
    return TaskClient(
        connect(http.url, world.profile), world.deployment, signer=signer, content=MemoryStore()
    )


@pytest.mark.parametrize(
    ("fault", "error"),
    [(lying, WrongChain), (down, ChainError), (newer, VersionMismatch)],
    ids=["lying", "down", "newer"],
)
def test_a_client_spends_nothing(
    client: TaskClient, world: World, http: HttpChain, fault: Fault, error: type[ChainBoyError]
) -> None:
    """Whatever is wrong with endpoint or contracts is found before anything is signed."""
    before = world.chain.balance(client.address)
    http.fault = fault
    with pytest.raises(error) as caught:
        client.random(price=PRICE)
    assert "\n" not in str(caught.value)
    assert "eth_sendRawTransaction" not in http.asked
    http.fault = None
    assert world.chain.balance(client.address) == before
    assert client.random(price=PRICE).id


def test_a_client_of_another_chain(world: World, http: HttpChain) -> None:
    """Whose profile, or whose deployment, names another chain than the endpoint serves."""
    signer, other = key("requester"), ChainProfile.local(5)
    pairs = (
        (other, attrs.evolve(world.deployment, chain_id=5)),
        (world.profile, attrs.evolve(world.deployment, chain_id=5)),
    )
    for profile, deployment in pairs:
        wrong = TaskClient(connect(http.url, profile), deployment, signer=signer, content=MemoryStore())
        with pytest.raises(WrongChain):
            wrong.random(price=PRICE)
    assert "eth_sendRawTransaction" not in http.asked


def test_an_answer_that_is_lost(client: TaskClient, world: World, http: HttpChain) -> None:
    """The request was taken, its answer not heard: the same key finds the one task, paid for once."""
    before = world.chain.balance(client.address)
    known = len(client.tasks())
    http.fault = forgetful
    with pytest.raises(ChainError, match="502"):
        client.random(price=PRICE, idempotency_key="once")
    http.fault = None
    task = client.random(price=PRICE, idempotency_key="once")
    newest, *older = client.tasks()
    assert (newest.id, len(older)) == (task.id, known)
    spent = before - world.chain.balance(client.address)
    assert PRICE < spent < PRICE + 10**15
