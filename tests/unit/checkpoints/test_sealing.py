"""When and what to seal: exactly when the hub would take it, to the second, and only if it is needed."""

from __future__ import annotations

import pytest
from mirrored import BONDS, DEPLOYMENT, INTERVAL, NODES, PLACE, TRUST_EPOCHS, HomeChain, RemoteChain

from chainboy.checkpoints import Bridge, Ledger, Sealing
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.encoding import keccak
from chainboy.consensus.refusal import Refused
from chainboy.contracts.codec import SELECTOR_BYTES, decode_values
from chainboy.contracts.interface import interface
from chainboy.units import TaskId

A, B, C, D = NODES
STAKE = StakeDistribution.of(BONDS.items())


class World:
    """A home chain whose blocks are final at once, and the sealing."""

    def __init__(self, home: HomeChain | None = None) -> None:
        self.home = home or HomeChain()
        self.ledger = Ledger(self.home, DEPLOYMENT)
        self.sealing = Sealing(self.ledger, self.home, DEPLOYMENT)

    def listed(self) -> tuple[str, ...] | None:
        """The nodes in the seal that is possible now, which the hub must take; ``None``: there is none."""
        self.ledger.follow(self.home.final_number())
        call = self.sealing.call()
        if call is None:
            return None
        self.home.estimate_gas(call, A)
        function = interface("IConsensusHub").functions["seal"]
        (nodes,) = decode_values(function.inputs, call.data[SELECTOR_BYTES:])
        return tuple(nodes)

    def seal(self) -> None:
        """Seal as it is possible now."""
        self.home.seal()
        self.ledger.follow(self.home.head().number)


def test_the_first() -> None:
    """With the whole list; and none while nobody counts."""
    assert World(HomeChain(bonds={})).listed() is None
    early = HomeChain(bonds={})
    early.join(A, 10)
    assert World(early).listed() is None
    early.next_epoch()
    assert World(early).listed() == (A,)
    assert World().listed() == NODES


def test_the_interval_to_the_second() -> None:
    """Without a list, as soon as the hub takes it and not before."""
    world = World()
    world.seal()
    sealed_at = world.home.now
    world.home.travel(sealed_at + INTERVAL - 1)
    assert world.listed() is None
    with pytest.raises(Refused, match="SealTooSoon"):
        world.home.estimate_gas(DEPLOYMENT.hub_on(world.home).seal([]), A)
    world.home.travel(sealed_at + INTERVAL)
    assert world.listed() == ()


def test_a_change_counts_from_its_epoch_on() -> None:
    """Then the list again, whatever the interval; once."""
    world = World()
    world.home.travel(1_000 + 600 * 2 - 5)
    world.seal()
    world.home.bond(A, 1)
    assert world.listed() is None
    world.home.travel(1_000 + 600 * 2 - 1)
    assert world.listed() is None
    world.home.travel(1_000 + 600 * 2)
    assert world.listed() == NODES
    world.seal()
    assert world.listed() is None
    world.home.mine(seconds=INTERVAL)
    assert world.listed() == ()


def test_a_node_that_left() -> None:
    """It is not in the list."""
    world = World()
    world.seal()
    world.home.bond(B, -BONDS[B])
    world.home.next_epoch()
    assert world.listed() == (A, C, D)


def test_a_list_that_was_missed() -> None:
    """A change of an earlier epoch is sealed in a later one."""
    world = World()
    world.seal()
    world.home.bond(A, 1)
    world.home.next_epoch(3)
    assert world.listed() == NODES
    world.home.seal(listed=False)
    assert world.listed() == NODES


def test_not_while_one_is_not_final() -> None:
    """The last seal first has to come out here, too."""
    world = World(HomeChain(confirmations=3))
    world.home.mine(3)
    assert world.listed() == NODES
    world.home.seal()
    world.home.mine(2, seconds=INTERVAL)
    assert world.listed() is None
    world.home.mine()
    assert world.listed() == ()


def test_below_the_minimum() -> None:
    """Nothing, with a list or without."""
    world = World()
    world.seal()
    for node in NODES:
        world.home.bond(node, -BONDS[node])
    world.home.next_epoch()
    assert world.listed() is None


def held(world: World, remote: RemoteChain) -> Bridge:
    """The bridge to this chain."""
    return Bridge(world.ledger, world.home, DEPLOYMENT, PLACE.verifier_on(remote))


def test_stale_by_age() -> None:
    """At half of the trust period, to the second."""
    world = World()
    bridge = held(world, RemoteChain(world.home))
    world.ledger.follow(world.home.head().number)
    half = 1 + (TRUST_EPOCHS + 1) // 2
    world.home.travel(1_000 + 600 * half - 1)
    assert not world.sealing.is_stale(bridge)
    world.home.travel(1_000 + 600 * half)
    assert world.sealing.is_stale(bridge)


def test_stale_by_stake() -> None:
    """From the epoch on in which other weights count, until they are believed there."""
    world = World()
    remote = RemoteChain(world.home)
    bridge = held(world, remote)
    world.home.bond(A, 1)
    world.ledger.follow(world.home.head().number)
    assert not world.sealing.is_stale(bridge)
    world.home.next_epoch()
    assert world.sealing.is_stale(bridge)
    remote.travel(world.home.now)
    remote.submit(world.home.seal(listed=True), NODES, STAKE)
    assert not world.sealing.is_stale(bridge)


def test_serving() -> None:
    """The newest checkpoint has the tasks' records and the current stake, or it does not serve."""
    world = World()
    assert not world.sealing.serves([])
    first, second = world.home.record(b"0"), world.home.record(b"1")
    world.seal()
    later = world.home.record(b"2")
    world.ledger.follow(world.home.head().number)
    assert world.sealing.serves([])
    assert world.sealing.serves([second.task_id, first.task_id])
    assert not world.sealing.serves([first.task_id, later.task_id])
    assert not world.sealing.serves([TaskId(keccak(b"none"))])
    world.home.bond(A, 1)
    world.ledger.follow(world.home.head().number)
    assert world.sealing.serves([first.task_id])
    world.home.next_epoch()
    assert not world.sealing.serves([first.task_id])
    world.home.seal(listed=True)
    world.ledger.follow(world.home.head().number)
    assert world.sealing.serves([later.task_id])
