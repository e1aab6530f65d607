"""A task of a remote chain: answered at home, carried by hand, told and proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from fake_network import SOURCE
from keyring import recover
from mirrored import (
    ANSWER,
    BONDS,
    DEPLOYMENT,
    EPOCH,
    GENESIS,
    NODES,
    OPERATOR,
    PLACE,
    PROFILE,
    REQUESTER,
    HomeChain,
    MirrorChain,
    RemoteChain,
)

from chainboy.chain.sender import Sender
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.refusal import Refused
from chainboy.content import MemoryStore
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import TaskState
from chainboy.errors import (
    ChainError,
    ConfigError,
    ContractRefused,
    InsufficientFunds,
    NoConsensus,
    ProofInvalid,
    TaskExpired,
    TaskPending,
    TaskRefunded,
)
from chainboy.programs import Program
from chainboy.tasks import Status, Task, TaskClient
from chainboy.tasks.crossing import Crossing

STAKE = StakeDistribution.of(BONDS.items())


class World:
    """Both chains and a requester on the remote one; ``pauses`` are what happens while it waits."""

    def __init__(self, confirmations: int = 0) -> None:
        self.home = HomeChain(confirmations=confirmations)
        self.home.mine(confirmations)
        self.remote = RemoteChain(self.home)
        self.pauses: list[Callable[[], Any]] = []
        self.content = MemoryStore()
        self.client = self.make(signer=REQUESTER)
        self.task = self.client.submit(Program(SOURCE), 5, price=1_000, fuel_limit=9, lifetime=3_000)

    def make(self, **options: Any) -> TaskClient:
        """A client of the remote gateway."""
        return TaskClient(
            self.home,  # type: ignore[arg-type]
            DEPLOYMENT,
            remote=(self.remote, PLACE),  # type: ignore[arg-type]
            content=self.content,
            poll_interval=0.001,
            sleep=self._pause,
            **options,
        )

    def _pause(self, _: float) -> None:
        self.home.mine()
        self.remote.travel(self.home.now)
        if self.pauses:
            self.pauses.pop(0)()

    def sign(self) -> None:
        """All nodes sign the newest checkpoint."""
        self.home.attest(self.home.sealed[-1])
        self.remote.travel(self.home.now)

    def sent(self, chain: MirrorChain) -> int:
        """How many transactions of the requester a chain has taken."""
        return chain.nonce(REQUESTER.address)

    def state(self) -> TaskState:
        """The gateway's word."""
        return self.remote.state_of(self.task.request)


@pytest.fixture(autouse=True)
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home chain's contracts pass the handshake; the remote ones have to."""
    monkeypatch.setattr(Deployment, "check", lambda _self, chain: chain.check())


@pytest.fixture
def world() -> World:
    """A task that nobody has answered."""
    return World()


def test_asked_and_found(world: World) -> None:
    """On the remote chain; the same task from its id."""
    assert (world.task.request.chain_id, world.task.request.gateway) == (PLACE.chain_id, PLACE.gateway)
    assert world.client.task(world.task.id).request == world.task.request
    assert world.task.status() is Status.REQUESTED
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 1)


def test_from_nothing(world: World) -> None:
    """The requester has it sealed, waits for the nodes, brings the checkpoint and delivers."""
    world.home.answer(world.task.request)
    world.pauses = [lambda: None, world.sign]
    assert world.task.status() is Status.FINALIZED
    assert world.task.deliver(timeout=60) is not None
    assert world.state() is TaskState.DELIVERED
    assert len(world.home.sealed) == 1
    assert (world.sent(world.home), world.sent(world.remote)) == (1, 3)
    assert world.task.status() is Status.DELIVERED
    assert world.task.deliver() is None
    assert world.sent(world.remote) == 3


def test_sealed_but_not_signed(world: World) -> None:
    """It waits, and says so when it has waited long enough; nothing is spent."""
    world.home.answer(world.task.request)
    world.home.seal()
    world.home.attest(world.home.sealed[0], NODES[:1])
    with pytest.raises(TaskPending, match="signed by a majority after 0 s"):
        world.task.deliver(timeout=0)
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 1)
    world.pauses = [world.sign]
    assert world.task.deliver(timeout=60) is not None
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 3)


def test_signed(world: World) -> None:
    """It is brought at once."""
    world.home.answer(world.task.request)
    world.home.seal()
    world.sign()
    assert world.task.deliver(timeout=0) is not None
    assert world.remote.book.last_number == 1


def test_accepted(world: World) -> None:
    """Only the delivery is left."""
    world.home.answer(world.task.request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    assert world.task.deliver(timeout=0) is not None
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 2)


def test_the_interval_is_waited_for(world: World) -> None:
    """A record that came just after a checkpoint waits for the next that the hub takes."""
    world.home.seal()
    world.home.answer(world.task.request)
    sealed_at = world.home.state.seals.sealed_at
    while len(world.home.sealed) == 1:
        crossing = world.task._session.crossing
        assert crossing is not None
        assert crossing.move_on(world.task.id) is None
        world.home.mine()
    assert world.home.state.seals.sealed_at - sealed_at >= PROFILE.hub.min_seal_interval
    world.sign()
    assert world.task.deliver(timeout=0) is not None


def test_before_the_record_is_final() -> None:
    """There is nothing to bring; the wait is for home's confirmations."""
    world = World(confirmations=3)
    with pytest.raises(TaskPending, match="no final record"):
        world.task.deliver(timeout=0)
    crossing = world.task._session.crossing
    assert crossing is not None
    assert crossing.move_on(world.task.id) is None
    world.home.answer(world.task.request)
    assert world.task.poll() is None
    assert crossing.proof(world.task.id) is None
    world.home.mine(3)
    result = world.task.poll()
    assert result is not None
    assert result.carriage is None


@pytest.mark.parametrize("call", ["seal", "submit", "deliver"])
def test_somebody_is_faster(world: World, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was done meanwhile is not done again, and is no error."""
    home, remote = world.home, world.remote
    record = home.answer(world.task.request)
    send = Sender.send
    if call != "seal":
        home.seal()
        world.sign()
    if call == "deliver":
        remote.submit(home.sealed[0], NODES, STAKE)

    def faster(sender: Sender, what: Any, **options: Any) -> Any:
        monkeypatch.setattr(Sender, "send", send)
        if call == "seal":
            home.seal()
            world.sign()
        elif call == "submit":
            remote.submit(home.sealed[0], NODES, STAKE)
        else:
            proof = world.task._session.crossing.proof(world.task.id)  # type: ignore[union-attr]
            assert proof is not None
            remote.settle(world.task.request, record, proof)
        with pytest.raises(ContractRefused) as refused:
            send(sender, what, **options)
        raise refused.value

    monkeypatch.setattr(Sender, "send", faster)
    delivered = world.task.deliver(timeout=60)
    assert (delivered is None) is (call == "deliver")
    assert world.state() is TaskState.DELIVERED
    assert len(home.sealed) == 1
    mine = {"seal": (0, 3), "submit": (0, 2), "deliver": (0, 1)}[call]
    assert (world.sent(home), world.sent(remote)) == mine


def test_without_coins_at_home(world: World) -> None:
    """Whoever wants to seal needs some, and is told."""
    world.home.answer(world.task.request)
    world.home.poor.add(REQUESTER.address)
    with pytest.raises(InsufficientFunds, match="send coins of home"):
        world.task.deliver(timeout=0)


def test_who_only_reads(world: World) -> None:
    """Nothing is sent without a signer; what others brought is told all the same."""
    world.home.answer(world.task.request)
    reader = world.make()
    task = reader.task(world.task.id)
    with pytest.raises(ConfigError, match="only reads"):
        task.deliver()
    crossing = Crossing(world.home, DEPLOYMENT, world.remote, PLACE, sender=None, sealer=None)  # type: ignore[arg-type]
    assert crossing.move_on(task.id) is None
    assert world.home.sealed == []
    world.home.seal()
    world.sign()
    assert crossing.move_on(task.id) is None
    assert world.remote.book.last_number == 0
    world.remote.submit(world.home.sealed[0], NODES, STAKE)
    assert crossing.move_on(task.id) == crossing.proof(task.id) is not None
    assert task.result(timeout=0).value == 42
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 1)


def test_retry(world: World) -> None:
    """With the proof again; before a checkpoint has come there is nothing to try."""
    world.home.answer(world.task.request)
    with pytest.raises(TaskPending, match="deliver it first"):
        world.task.retry()
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.task.deliver()
    assert world.task.retry().status
    assert world.sent(world.remote) == 3


def test_no_consensus(world: World) -> None:
    """It is brought like any other record, and the money is credited back."""
    world.home.answer(world.task.request, (ANSWER, None, None, None))
    with pytest.raises(NoConsensus):
        world.task.result(timeout=0)
    world.pauses = [world.sign]
    assert world.task.deliver(timeout=60) is not None
    assert world.remote.state.escrow.credit_of(REQUESTER.address) == 1_000


def test_carriage(world: World) -> None:
    """The first checkpoint that brought it, when it was believed, and how old its stake was then."""
    world.home.answer(world.task.request)
    crossing = world.task._session.crossing
    assert crossing is not None
    assert crossing.carriage(world.task.id) is None
    sealed = world.home.seal()
    world.home.mine(seconds=77)
    world.remote.travel(world.home.now)
    world.remote.submit(sealed, NODES, STAKE)
    believed = world.remote.now
    assert world.task.result(timeout=0).carriage is None  # not delivered yet
    world.task.deliver()
    later = world.home.seal(listed=False)
    world.remote.travel(world.home.now)
    world.remote.submit(later, NODES, STAKE)
    for task in (world.task, world.client.task(world.task.id)):
        carriage = task.result(timeout=0, delivered=True).carriage
        assert carriage is not None
        assert (carriage.checkpoint, carriage.accepted_at) == (sealed, believed)
        assert carriage.stake_since == GENESIS + EPOCH * sealed.epoch
        assert carriage.stake_age == believed - carriage.stake_since > 77


def test_carriage_of_what_is_unknown(world: World) -> None:
    """No record, no carriage, no passage."""
    crossing = world.task._session.crossing
    assert crossing is not None
    assert (crossing.carriage(world.task.id), crossing.passage(world.task.id)) == (None, None)


def test_proof(world: World) -> None:
    """A proof file tells how the record came, once it has, and is checked offline."""
    world.home.record(b"another's")
    world.home.answer(world.task.request)
    early = world.task.proof()
    assert early.passage is None
    early.verify()
    sealed = world.home.seal()
    world.home.attest(sealed)
    world.remote.submit(sealed, NODES, STAKE)
    proof = TaskProof.from_json(world.task.proof().to_json())
    proof.verify(recover=recover, expected_genesis=STAKE.hash, expected_hub=PLACE.hub)
    assert proof.passage is not None
    assert proof.passage.checkpoint == sealed
    with pytest.raises(ProofInvalid, match="genesis"):
        proof.verify(recover=recover, expected_genesis=bytes(32))


def test_a_proof_without_the_first_record(world: World) -> None:
    """An endpoint that forgets it cannot make one."""
    world.home.record(b"another's")
    first = world.home.events[-1]
    world.home.answer(world.task.request)
    world.home.hidden = lambda log: log.key == first.key
    with pytest.raises(ChainError, match="lack record 0 of the hub"):
        world.task.proof()


def test_a_verifier_nobody_should_use(world: World) -> None:
    """It believes something else than the hub sealed: the delivery stops before anything is sent."""
    world.home.answer(world.task.request)
    sealed = world.home.seal()
    world.remote.submit(attrs.evolve(sealed, records_root=b"\1" * 32), NODES, STAKE)
    with pytest.raises(ChainError, match="do not use it"):
        world.task.deliver(timeout=0)
    assert world.sent(world.remote) == 1


def expired(task: Task) -> int:
    """When it is too late for an answer."""
    return task.params.expires_at


def test_time_is_the_remote_chain_s(world: World) -> None:
    """Expiry and refunds follow the clock of the chain that asked."""
    world.home.travel(world.task.refundable_at + 100)
    assert world.task.status() is Status.REQUESTED
    assert world.task.poll() is None
    world.remote.travel(expired(world.task) - 1)
    assert world.task.status() is Status.REQUESTED
    world.remote.travel(expired(world.task))
    assert world.task.status() is Status.EXPIRED
    assert world.task.poll() is None
    with pytest.raises(Refused, match="RefundTooEarly"):
        world.task.refund()
    world.remote.travel(world.task.refundable_at)
    with pytest.raises(TaskExpired):
        world.task.poll()
    assert world.task.refund() is not None
    assert world.task.status() is Status.REFUNDED
    with pytest.raises(TaskRefunded):
        world.task.poll()


def test_a_record_outlives_its_refund(world: World) -> None:
    """Home's answer stays, whatever the remote clock says."""
    world.home.answer(world.task.request)
    world.remote.travel(world.task.refundable_at)
    assert world.task.result(timeout=0).value == 42
    world.remote.submit(world.home.seal(), NODES, STAKE)
    with pytest.raises(ContractRefused, match="DeliveryTooLate"):
        world.task.deliver(timeout=0)


def test_another_account(world: World) -> None:
    """Anybody may bring it; the sender given is the one used on the remote chain."""
    world.home.answer(world.task.request)
    other = world.make(signer=Sender(world.remote, OPERATOR)).task(world.task.id)  # type: ignore[arg-type]
    world.pauses = [world.sign]
    assert other.deliver(timeout=60) is not None
    assert (world.sent(world.home), world.sent(world.remote)) == (0, 1)
    assert world.home.nonce(OPERATOR.address) == 1
