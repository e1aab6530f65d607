"""The relay between chains made of mirrors: what it sends, for how much, and what it leaves."""

from __future__ import annotations

import logging
import threading

import pytest
from eth_utils.crypto import keccak
from mirrored import (
    BONDS,
    COST,
    DEPLOYMENT,
    NODES,
    OPERATOR,
    PLACE,
    PRICE_OF_GAS,
    PROFILE,
    STRANGER,
    TRUST_EPOCHS,
    HomeChain,
    MirrorChain,
    RemoteChain,
)

from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.checkpoints import Bridge, Ledger
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.request import Request
from chainboy.contracts.codec import SELECTOR_BYTES
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.interface import interface
from chainboy.errors import ChainError, ContractRefused
from chainboy.relay import Destination, Relay, RelayPolicy
from chainboy.units import Address

STAKE = StakeDistribution.of(BONDS.items())
LIKELY = 130_000 * PRICE_OF_GAS
"""What a delivery is taken to cost before it can be tried."""

ENOUGH = LIKELY + COST + COST // 10
"""The least tip for which a checkpoint that is sealed is brought for one task alone."""

PLENTY = LIKELY + 250_000 * PRICE_OF_GAS * 11 // 10
"""The least tip for which one is sealed: what it will cost can only be guessed by then."""


class World:
    """A home chain, a remote one or more, and an operator's relay between them."""

    def __init__(
        self, *, policy: RelayPolicy | None = None, remotes: int = 1, confirmations: int = 0
    ) -> None:
        self.home = HomeChain()
        names = ["remote", *(f"remote {n}" for n in range(2, remotes + 1))]
        self.remotes = [RemoteChain(self.home, confirmations, name) for name in names]
        self.remote = self.remotes[0]
        self.policy = policy or RelayPolicy()
        self.relay = self.start()

    def start(self, key: KeySigner = OPERATOR) -> Relay:
        """A relay's process, new."""
        self.destinations = [
            Destination(PLACE.gateway_on(each), Sender(each, key), PLACE.verifier_on(each))
            for each in self.remotes
        ]
        sender = Sender(self.home, key)
        return Relay(sender, DEPLOYMENT, self.destinations, policy=self.policy)

    def sign(self, nodes: tuple[str, ...] = NODES) -> None:
        """These nodes sign the newest checkpoint."""
        self.home.attest(self.home.sealed[-1], nodes)

    def steps(self, count: int = 8, *, signing: bool = True) -> None:
        """Rounds of work, with a block on each chain and the nodes' signatures in between."""
        for _ in range(count):
            self.relay.step()
            self.home.mine(seconds=3)
            if signing and self.home.sealed:
                self.sign()
            for remote in self.remotes:
                remote.travel(self.home.now)

    def sent(self, chain: MirrorChain, key: KeySigner = OPERATOR) -> list[str]:
        """The names of the functions that the relay's transactions called, in order."""
        calls = [each.call for each in chain.executed if each.sender == key.address]
        return [name_of(call, chain) for call in calls]


def name_of(call: Call, chain: MirrorChain) -> str:
    """The function that is called."""
    functions = interface(chain.ABIS[call.to or Address("")]).functions.values()
    return next(each.name for each in functions if each.selector == call.data[:SELECTOR_BYTES])


def test_a_tip_that_pays() -> None:
    """Sealed, brought once signed, delivered: one transaction at a time, and the tip is the relay's."""
    world = World()
    request = world.remote.ask(tip=PLENTY)
    assert not world.relay.step()
    world.home.answer(request)
    assert world.relay.step()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], [])
    world.remote.travel(world.home.now)
    world.sign(NODES[:1])
    assert not world.relay.step()
    world.sign()
    assert world.relay.step()
    assert world.sent(world.remote) == ["submit"]
    assert world.remote.book.last_number == 1
    assert world.relay.step()
    assert world.remote.state_of(request) is TaskState.DELIVERED
    assert world.remote.state.escrow.credit_of(OPERATOR.address) == PLENTY
    assert not world.relay.step()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver"])


def test_to_the_wei() -> None:
    """One wei less and nobody's gas is spent."""
    world = World()
    request = world.remote.ask(tip=ENOUGH - 1)
    world.home.answer(request)
    world.home.seal()
    world.sign()
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])
    assert world.remote.state_of(request) is TaskState.REQUESTED


def test_nothing_that_pays() -> None:
    """Not even a seal."""
    world = World()
    world.home.answer(world.remote.ask(tip=LIKELY - 1))
    world.home.answer(world.remote.ask())
    world.home.answer(world.remote.ask(tip=PLENTY - 1))
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])


def test_a_checkpoint_is_shared() -> None:
    """Two tips that leave half of its price each bring it; a task without a tip changes nothing."""
    world = World()
    half = LIKELY + (COST + COST // 10) // 2
    first, second, poor = world.remote.ask(tip=half), world.remote.ask(tip=half), world.remote.ask()
    for request in (first, poor):
        world.home.answer(request)
    world.home.seal()
    world.steps(3)
    assert world.sent(world.remote) == []
    world.home.answer(second)
    world.home.seal(listed=False)
    world.steps()
    assert world.sent(world.remote) == ["submit", "deliver", "deliver"]
    states = [world.remote.state_of(each).name for each in (first, second, poor)]
    assert states == ["DELIVERED", "DELIVERED", "REQUESTED"]


def test_only_those_it_helps_pay() -> None:
    """A tip for a task whose record came later does not bring a checkpoint that lacks it."""
    world = World()
    half = LIKELY + 250_000 * PRICE_OF_GAS * 11 // 20
    early, late = world.remote.ask(tip=half // 2), world.remote.ask(tip=2 * half)
    world.home.answer(early)
    world.home.seal()
    world.home.answer(late)
    world.sign()
    world.relay.step()
    assert world.sent(world.remote) == []
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver", "deliver"])
    assert world.remote.book.last_number == 2


def test_a_checkpoint_for_nobody() -> None:
    """Where nothing waits for it, it is not brought."""
    world = World()
    world.home.record(b"somebody else's")
    world.home.seal()
    world.steps(3)
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])


def test_a_delivery_under_a_checkpoint_that_is_there() -> None:
    """Only its own cost and margin count, to the wei."""
    world = World()
    least = COST + COST // 10
    poor, fair = world.remote.ask(tip=least - 1), world.remote.ask(tip=least)
    for request in (poor, fair):
        world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.steps(3)
    assert world.sent(world.remote) == ["deliver"]
    assert world.remote.state_of(fair) is TaskState.DELIVERED
    world.remote.price -= 1
    world.steps(3)
    assert world.remote.state_of(poor) is TaskState.DELIVERED


def test_callback_gas_costs() -> None:
    """It is reckoned in before the delivery can be tried, to the wei."""
    gas = 50_000
    for short, sent in ((1, []), (0, ["submit", "deliver"])):
        world = World()
        world.home.answer(world.remote.ask(tip=ENOUGH + gas * PRICE_OF_GAS - short, callback_gas=gas))
        world.home.seal()
        world.steps(3)
        assert world.sent(world.remote) == sent


def test_gas_that_became_dear() -> None:
    """What was worth sealing for is not brought at any price; nor is it sealed for again."""
    world = World()
    world.home.answer(world.remote.ask(tip=PLENTY))
    world.relay.step()
    world.remote.price *= 2
    world.steps()
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], [])
    world.remote.price //= 2
    world.steps(3)
    assert world.sent(world.remote) == ["submit", "deliver"]


def test_unpaid() -> None:
    """Who carries for nothing carries what has no tip, too."""
    world = World(policy=RelayPolicy(unpaid=True))
    request = world.remote.ask()
    world.home.answer(request)
    world.steps()
    assert world.sent(world.remote) == ["submit", "deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


@pytest.mark.parametrize("unpaid", [False, True])
def test_no_consensus(*, unpaid: bool) -> None:
    """Nobody is paid for bringing it, so only who carries for nothing does; then all is credited back."""
    world = World(policy=RelayPolicy(unpaid=unpaid))
    request = world.remote.ask(tip=ENOUGH)
    record = world.home.answer(request, (None,) * 4)
    assert not record.has_consensus
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.steps(3)
    assert world.sent(world.remote) == (["deliver"] if unpaid else [])
    credit = world.remote.state.escrow.credit_of(request.requester)
    assert credit == (1_000 + ENOUGH if unpaid else 0)


def test_requests_that_are_not_final() -> None:
    """They wait for their chain's confirmations."""
    world = World(confirmations=3)
    request = world.remote.ask(tip=PLENTY)
    world.home.answer(request)
    world.remote.mine(2)
    assert not world.relay.step()
    world.remote.mine()
    assert world.relay.step()


def test_a_new_distribution_is_brought() -> None:
    """By the backstop alone, whoever pays; to the second in which it counts."""
    for backstop in (True, False):
        world = World(policy=RelayPolicy(backstop=backstop))
        world.steps(3)
        assert (world.sent(world.home), world.sent(world.remote)) == ([], [])
        world.home.bond(NODES[0], 1)
        world.steps(2)
        assert world.sent(world.home) == []
        world.home.next_epoch()
        world.remote.travel(world.home.now)
        world.steps(4)
        brought = world.sent(world.home), world.sent(world.remote)
        assert brought == ((["seal"], ["submit"]) if backstop else ([], []))
        assert world.remote.book.stake.stake_total == (101 if backstop else 100)


def test_a_quiet_chain_is_kept_alive(caplog: pytest.LogCaptureFixture) -> None:
    """At half of the trust period, again and again; never by others than the backstop."""
    caplog.set_level(logging.INFO)
    world = World(policy=RelayPolicy(backstop=True))
    half = (TRUST_EPOCHS + 1) // 2
    world.home.next_epoch(half - 1)
    world.remote.travel(world.home.now)
    world.steps(3)
    assert world.sent(world.remote) == []
    for times in (1, 2, 3):
        world.home.next_epoch(1 if times == 1 else half)
        world.remote.travel(world.home.now)
        world.steps(4)
        assert world.sent(world.remote) == ["submit"] * times
        assert world.remote.book.stake.epoch == world.home.epoch
    assert world.remote.book.live_until > world.home.now + PROFILE.trust_period - 600
    assert "NumberNotNewer" not in caplog.text  # what is there already is not even tried


def test_checkpoints_sealed_without_need() -> None:
    """Whatever anybody seals after it, the one that nodes signed is brought."""
    world = World()
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.home.seal()
    world.sign()
    for _ in range(3):
        world.home.mine(seconds=10)
        world.home.seal(listed=False)
    world.remote.travel(world.home.now)
    world.steps(4, signing=False)
    assert world.remote.state_of(request) is TaskState.DELIVERED
    assert world.remote.book.last_number == 1
    assert world.sent(world.home) == []


def test_a_verifier_that_is_ahead() -> None:
    """Somebody brought a later checkpoint without news: nothing older is sent, and the next seal is."""
    world = World()
    world.home.seal()
    world.home.mine(seconds=10)
    world.remote.travel(world.home.now)
    world.remote.submit(world.home.seal(listed=False), NODES, STAKE)
    request = world.remote.ask(tip=PLENTY)
    world.home.answer(request)
    world.home.mine(seconds=10)
    world.remote.travel(world.home.now)
    world.steps(4)
    assert (world.sent(world.home), world.sent(world.remote)) == (["seal"], ["submit", "deliver"])
    assert world.remote.book.last_number == 3


def turn_of(key: KeySigner, request: Request, turns: int) -> int:
    """How many blocks a copy waits for this task."""
    return int.from_bytes(keccak(key.address.encode() + request.task_id)[:4], "big") % turns


def test_copies_take_turns() -> None:
    """The one whose turn is first delivers; the other finds it done, or steps in when it is not."""
    world = World(policy=RelayPolicy(turns=50))
    world.relay.step()
    keys = (OPERATOR, STRANGER)
    request = world.remote.ask(tip=ENOUGH)
    first, second = sorted(keys, key=lambda key: turn_of(key, request, 50))
    wait = turn_of(first, request, 50)
    assert wait < turn_of(second, request, 50)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    relays = [world.start(key) for key in keys]
    since = world.remote.head().number
    while world.remote.state_of(request) is TaskState.REQUESTED:
        for relay in relays:
            relay.step()
        if world.remote.state_of(request) is TaskState.REQUESTED:
            world.remote.mine()
    assert world.remote.head().number == since + wait + 1  # the delivery's own block
    assert (world.sent(world.remote, first), world.sent(world.remote, second)) == (["deliver"], [])


def test_a_copy_steps_in() -> None:
    """After its own wait, if the other is gone."""
    world = World(policy=RelayPolicy(turns=50))
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    late = max((OPERATOR, STRANGER), key=lambda key: turn_of(key, request, 50))
    relay = world.start(late)
    relay.step()
    world.remote.mine(turn_of(late, request, 50) - 1)
    relay.step()
    assert world.sent(world.remote, late) == []
    world.remote.mine()
    relay.step()
    assert world.sent(world.remote, late) == ["deliver"]


def ready_to_deliver(world: World) -> Request:
    """A task whose checkpoint is there."""
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    return request


def test_restarted_while_a_transaction_waits() -> None:
    """The new process leaves that chain alone until the block, and then finds it done."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.auto = False
    assert world.relay.step()
    again = world.start()
    assert not again.step()
    assert len(world.remote.pool) == 1
    world.remote.mine()
    assert not again.step()
    assert world.sent(world.remote) == ["deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_sent_once_while_it_waits() -> None:
    """However often it looks; what the pool forgot is broadcast again as it was."""
    world = World()
    ready_to_deliver(world)
    world.remote.auto = False
    assert [world.relay.step() for _ in range(3)] == [True, False, False]
    (waiting,) = world.remote.pool
    world.remote.drop()
    assert not world.relay.step()
    assert world.remote.pool == [waiting]
    world.remote.mine()
    assert not world.relay.step()
    assert world.sent(world.remote) == ["deliver"]


def test_a_nonce_that_was_taken() -> None:
    """When the account's owner used it elsewhere the errand is free to be done again."""
    world = World()
    request = ready_to_deliver(world)
    other = world.remote.ask(price=2_000, life=200)
    world.remote.auto = False
    world.relay.step()
    world.remote.drop()
    world.remote.travel(other.requested_at + 4_000)
    Sender(world.remote, OPERATOR).submit(PLACE.gateway_on(world.remote).refund(other))
    world.remote.mine()
    assert world.sent(world.remote) == ["refund"]
    world.remote.auto = True
    world.relay.step()
    world.relay.step()
    assert world.sent(world.remote) == ["refund", "deliver"]
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_a_chain_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """The others are served all the same, the failure is told, and it is made up for later."""
    world = World(remotes=2, policy=RelayPolicy(unpaid=True))
    requests = [remote.ask(price=price) for remote, price in zip(world.remotes, (1_000, 2_000), strict=True)]
    for request in requests:
        world.home.answer(request)
    sealed = world.home.seal()
    for remote in world.remotes:
        remote.submit(sealed, NODES, STAKE)
    world.remote.down = True
    with pytest.raises(ChainError, match="endpoint of remote is down"):
        world.relay.step()
    assert "remote has to wait" in caplog.text
    assert world.remotes[1].state_of(requests[1]) is TaskState.DELIVERED
    world.remote.down = False
    assert world.relay.step()
    assert world.remote.state_of(requests[0]) is TaskState.DELIVERED


def test_a_seal_for_one_while_another_fails() -> None:
    """A chain that is down does not keep the hub from sealing for the rest."""
    world = World(remotes=2)
    request = world.remotes[1].ask(tip=PLENTY)
    world.home.answer(request)
    world.remote.down = True
    with pytest.raises(ChainError):
        world.relay.step()
    assert world.sent(world.home) == ["seal"]


def test_what_is_settled_is_forgotten() -> None:
    """Delivered by others, refunded, or too old to be delivered: to the second."""
    world = World()
    delivered, refunded, old = (world.remote.ask(price=price, life=life) for price, life in
                                ((1_000, 3_000), (2_000, 200), (3_000, 300)))  # fmt: skip
    world.relay.step()
    (destination,) = world.destinations
    assert {each.task_id for each in destination.open()} == {
        delivered.task_id,
        refunded.task_id,
        old.task_id,
    }
    record = world.home.answer(delivered)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.relay.step()
    ledger = Ledger(world.home, DEPLOYMENT)
    ledger.follow(world.home.head().number)
    bridge = Bridge(ledger, world.home, DEPLOYMENT, PLACE.verifier_on(world.remote))
    proof = bridge.proof(delivered.task_id)
    assert proof is not None
    if world.remote.state_of(delivered) is TaskState.REQUESTED:
        world.remote.settle(delivered, record, proof)
    world.relay.step()
    assert {each.task_id for each in destination.open()} == {refunded.task_id, old.task_id}
    assert world.relay._rounds == {}
    for request, price in ((refunded, 2_000), (old, 3_000)):
        end = request.requested_at + (200 if price == 2_000 else 300) + PROFILE.gateway.refund_margin
        world.remote.travel(end - 1)
        world.relay.step()
        assert request.task_id in {each.task_id for each in destination.open()}
        world.remote.travel(end)
        world.relay.step()
        assert request.task_id not in {each.task_id for each in destination.open()}
    assert list(destination.open()) == []


def test_refunded_while_it_waits() -> None:
    """A task that was refunded is not delivered."""
    world = World()
    request = world.remote.ask(tip=ENOUGH, life=200)
    end = request.requested_at + 200 + PROFILE.gateway.refund_margin
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    world.remote.travel(end)
    world.remote.refund(request)
    world.remote._times[-1] = end - 1  # as an endpoint that lags behind would tell
    assert not world.relay.step()
    assert list(world.destinations[0].open()) == []


def test_an_empty_purse(caplog: pytest.LogCaptureFixture) -> None:
    """It is told, and the relay goes on; with coins it delivers."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.poor.add(OPERATOR.address)
    assert not world.relay.step()
    assert "is not sent" in caplog.text
    assert "send coins of remote to it" in caplog.text
    assert [entry.levelname for entry in caplog.records][-1] == "ERROR"
    world.remote.poor.clear()
    assert world.relay.step()
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_a_purse_that_empties_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    """What was lost from the pool cannot be sent again before there are coins."""
    world = World()
    request = ready_to_deliver(world)
    world.remote.auto = False
    world.relay.step()
    world.remote.drop()
    world.remote.poor.add(OPERATOR.address)
    assert not world.relay.step()
    assert "cannot be sent again" in caplog.text
    world.remote.poor.clear()
    world.relay.step()
    world.remote.mine()
    assert world.remote.state_of(request) is TaskState.DELIVERED


def test_what_would_be_refused(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Neither deliveries nor checkpoints nor seals: the reason is logged, nothing is spent."""
    caplog.set_level(logging.INFO)
    world = World()
    ready_to_deliver(world)

    def refuse(*_: object) -> int:
        raise ContractRefused("the contract refused with Whatever", "Whatever")

    monkeypatch.setattr(world.remote, "estimate_gas", refuse)
    monkeypatch.setattr(world.home, "estimate_gas", refuse)
    assert not world.relay.step()
    world.home.answer(world.remote.ask(tip=PLENTY))
    world.home.mine(seconds=10)
    assert not world.relay.step()
    world.home.seal(listed=False)
    world.sign()
    assert not world.relay.step()
    assert caplog.text.count("refused with Whatever") >= 3
    assert (world.sent(world.home), world.sent(world.remote)) == ([], [])


def test_the_home_chain_s_own_gateway() -> None:
    """No checkpoint, no proof: the hub is beside it."""
    home = HomeChain()
    destination = Destination(DEPLOYMENT.gateway_on(home), Sender(home, OPERATOR))
    relay = Relay(Sender(home, OPERATOR), DEPLOYMENT, [destination])
    poor, fair = home.ask(tip=1), home.ask(tip=2 * COST)
    assert not relay.step()
    for request in (poor, fair):
        home.answer(request)
    assert relay.step()
    assert not relay.step()
    states = [home.state.escrow.state_of(each.task_id) for each in (poor, fair)]
    assert [state.name for state in states] == ["REQUESTED", "DELIVERED"]
    assert home.sealed == []


def test_a_home_chain_that_fails() -> None:
    """Nothing can be done, and nothing is."""
    world = World()
    ready_to_deliver(world)
    world.home.down = True
    with pytest.raises(ChainError, match="home is down"):
        world.relay.step()
    assert world.sent(world.remote) == []


def test_what_nobody_asked_for() -> None:
    """Other events of the gateway, from an endpoint that does not filter, are no requests."""
    world = World()
    world.remote.ask(tip=1)
    fields = {"task_id": bytes(32), "success": True}
    world.remote.emit((PLACE.gateway, "ITaskGateway", "CallbackDone", fields))
    logs = world.remote.logs
    world.remote.logs = lambda where, _, *blocks: logs(where, (), *blocks)  # type: ignore[method-assign]
    world.relay.step()
    assert len(list(world.destinations[0].open())) == 1


def test_signatures_that_never_come() -> None:
    """A checkpoint that nobody signs is not the last: once it is half as old as it may become, another is."""
    world = World(policy=RelayPolicy(backstop=True))
    half = (TRUST_EPOCHS + 1) // 2
    world.home.next_epoch(half)
    world.remote.travel(world.home.now)
    world.steps(6, signing=False)
    assert world.sent(world.home) == ["seal"]
    world.home.next_epoch(half - 1)
    world.steps(4, signing=False)
    assert world.sent(world.home) == ["seal"]
    world.home.next_epoch()
    world.remote.travel(world.home.now - 5)
    world.steps(1, signing=False)
    assert world.sent(world.home) == ["seal", "seal"]


class Stop(threading.Event):
    """Notes the pauses, and ends after so many."""

    def __init__(self, world: World, most: int) -> None:
        super().__init__()
        self.world, self.most = world, most
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """No time passes."""
        self.pauses.append(timeout or 0)
        self.world.home.down = len(self.pauses) < self.most - 1
        if len(self.pauses) == self.most:
            self.set()
        return self.is_set()


def test_the_loop() -> None:
    """Longer pauses while it fails, up to a minute; the usual one afterwards."""
    world = World()
    request = ready_to_deliver(world)
    world.home.down = True
    stop = Stop(world, 9)
    world.relay.run(stop, pause=1.0)
    assert stop.pauses == [2, 4, 8, 16, 32, 60, 60, 60, 1]
    assert world.remote.state_of(request) is TaskState.DELIVERED
