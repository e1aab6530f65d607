"""Every window of a task, at its edges and a second and a block beside them: both sides agree on each."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from bare_evm.world import BANK, GATEWAY, HUB, REGISTRY, World
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus import encoding
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.consensus.round_book import CommitEntry, RevealEntry

PAYOUT, REQUESTER = (to_address(bytes([n]) * 20) for n in (0xD1, 0xD2))
SALT = b"\x5a" * 32
OUTCOME = Outcome(Status.OK, 3, b"answer").encode()
BONDS = (40, 30, 20, 10)
WINDOW, LIFE = 30, 400
COMMIT_BLOCKS = 30
"""As many as fit the window, which are more than a phase has at least."""
NEAR = st.integers(-1, 1)


def edges(*seconds: int) -> st.SearchStrategy[int]:
    """One of these times, or a second before or after it."""
    return st.builds(lambda time, by: max(0, time + by), st.sampled_from(seconds), NEAR)


@pytest.fixture(scope="module")
def world() -> World:
    """Four active nodes at the start of an epoch; every example forks it."""
    world = World(attrs.evolve(REGISTRY, min_bond=1, min_active_weight=1), nodes=4)
    for node, bond in zip(world.nodes, BONDS, strict=True):
        world.join(node, bond, payout=PAYOUT)
    world.next_epoch()
    return world


def ask(world: World, life: int = LIFE) -> Request:
    """A task that expires so many seconds from now."""
    rules = Params(mode=Mode.EXACT, commit_window=WINDOW, fuel_limit=9, expires_at=world.now + life)
    done = world.request(b"\x01" * 32, b"in", rules.pack(), 0, 3, sender=REQUESTER, value=1_003)
    assert not done.refused
    request: Request = done.value
    return request


def entry(
    world: World, request: Request, number: int, attempt: int = 1, life: int = 10**6
) -> tuple[CommitEntry, bytes]:
    """A node's signed commitment."""
    node = world.nodes[number]
    made = encoding.commitment(request.task_id, attempt, node.address, encoding.keccak(OUTCOME), SALT)
    shown = CommitEntry(node=node.address, attempt=attempt, commitment=made, deadline=world.now + life)
    return world.signed(node, request.task_id, shown)


def commit(world: World, request: Request, *entries: tuple[CommitEntry, bytes]) -> Any:
    """Carry them."""
    return world.commit(request.hash, request.params, entries, sender=BANK)


def opening(world: World, number: int) -> RevealEntry:
    """A node's preimage."""
    node = world.nodes[number].address
    return RevealEntry(node=node, payout=PAYOUT, weight=BONDS[number], outcome=OUTCOME, salt=SALT)


@given(
    seconds=edges(0, WINDOW, WINDOW + HUB.reveal_window),
    blocks=edges(1, HUB.phase_blocks, COMMIT_BLOCKS, COMMIT_BLOCKS + HUB.phase_blocks),
    crew=st.sampled_from([(0,), (0, 3), (0, 1), (0, 1, 2), (0, 1, 2, 3)]),
    first=st.sampled_from(["commit", "reveal", "finalize"]),
)
def test_phases(world: World, seconds: int, blocks: int, crew: tuple[int, ...], first: str) -> None:
    """What is open at this time, whoever committed."""
    with world.fork():
        request = ask(world)
        commit(world, request, *(entry(world, request, number) for number in crew))
        world.advance(seconds, blocks)
        if first == "commit":
            commit(world, request, entry(world, request, 2))
        if first != "finalize":
            world.reveal(request.task_id, [opening(world, number) for number in crew])
        world.finalize(request.hash, request.params)
        world.slash_unrevealed(request.task_id, [node.address for node in world.nodes])
        world.compare_round(request.task_id)
        world.compare_stake()


@given(
    wait=edges(0, HUB.attempt_life, LIFE - WINDOW - HUB.reveal_window, LIFE),
    attempt=st.sampled_from([1, 1, 1, 0, 2, 3]),
    life=edges(1),
    opened=st.booleans(),
)
def test_attempts(world: World, wait: int, attempt: int, life: int, opened: bool) -> None:
    """Which attempt is open at this time, and when none can be."""
    with world.fork():
        request = ask(world)
        if opened:
            commit(world, request, entry(world, request, 3))
        made = entry(world, request, 0, attempt, wait + life)
        world.advance(wait, 1)
        commit(world, request, made, entry(world, request, 1, attempt))
        commit(world, request, entry(world, request, 2, attempt))
        world.compare_round(request.task_id)


SOONEST = WINDOW + GATEWAY.reveal_window + GATEWAY.settle_time


@given(life=edges(SOONEST, GATEWAY.max_task_life), value=edges(103), gas=edges(GATEWAY.max_callback_gas))
def test_requests(world: World, life: int, value: int, gas: int) -> None:
    """Expiry, price and gas at their bounds."""
    with world.fork():
        rules = Params(mode=Mode.EXACT, commit_window=WINDOW, fuel_limit=9, expires_at=world.now + life)
        world.request(b"\x01" * 32, b"in", rules.pack(), gas, 3, sender=REQUESTER, value=value)
        world.compare_money([REQUESTER], [])


@given(later=edges(0, HUB.max_task_life - LIFE), life=st.sampled_from([LIFE, HUB.max_task_life]))
def test_tasks_that_live_too_long(world: World, later: int, life: int) -> None:
    """The hub takes no commit to what expires too far away, whoever asked for it."""
    with world.fork():
        rules = Params(
            mode=Mode.EXACT, commit_window=WINDOW, fuel_limit=9, expires_at=world.now + life + later
        )
        task_id = encoding.task_id(SALT, rules.pack())
        made = encoding.commitment(task_id, 1, world.nodes[0].address, SALT, SALT)
        shown = CommitEntry(node=world.nodes[0].address, attempt=1, commitment=made, deadline=world.now + 1)
        world.commit(SALT, rules.pack(), [world.signed(world.nodes[0], task_id, shown)], sender=BANK)
        world.compare_round(task_id)


@given(
    wait=edges(LIFE, LIFE + GATEWAY.refund_margin),
    order=st.permutations(["deliver", "refund"]),
    revealed=st.integers(0, 4),
)
def test_delivery_and_refund(world: World, wait: int, order: list[str], revealed: int) -> None:
    """Before the refund time the one, from it on the other, with consensus or without."""
    with world.fork():
        request, asked = ask(world), world.now
        commit(world, request, *(entry(world, request, number) for number in range(4)))
        world.reveal(request.task_id, [opening(world, number) for number in range(revealed)])
        world.advance(WINDOW + HUB.reveal_window, COMMIT_BLOCKS + HUB.phase_blocks)
        assert not world.finalize(request.hash, request.params).refused
        record = world.rounds.tallies[request.task_id].record
        world.advance(asked + wait - world.now, 1)
        for name in order:
            if name == "deliver":
                world.deliver(request, record, OUTCOME if record.has_consensus else b"", sender=BANK)
            else:
                world.refund(request)
        world.compare_money([REQUESTER, BANK], [request.task_id])


@given(epochs=st.integers(0, 2), by=NEAR)
def test_slashing_in_time(world: World, epochs: int, by: int) -> None:
    """Until the end of the epoch after the last possible reveal."""
    with world.fork():
        request = ask(world)
        commit(world, request, entry(world, request, 0), entry(world, request, 1))
        world.advance(WINDOW + HUB.reveal_window, COMMIT_BLOCKS + HUB.phase_blocks)
        world.finalize(request.hash, request.params)
        for _ in range(epochs + 1):
            world.next_epoch()
        world.advance(by, 1)
        world.slash_unrevealed(request.task_id, [world.nodes[0].address])
        world.compare_stake()
