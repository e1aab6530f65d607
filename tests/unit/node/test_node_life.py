"""A task's life in honest nodes on a fake chain, through kills, reorganisations and lost memories."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from village import EAGER, Truth, Villager, WatchedChain, address, settle

from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import split_reward
from chainboy.node.budget import Due
from chainboy.node.home import Answer
from chainboy.node.machine import Duty, Event
from chainboy.node.policy import Delivery
from chainboy.node.rows import Task, Transition
from chainboy.node.runner import Node
from chainboy.testing.fake_chain import FakeChain

WEIGHTS = [40, 30, 30]

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder made anew in it
"""Where a journal's synchronisation costs nothing, if this machine has such a place."""

nodes = st.integers(0, len(WEIGHTS) - 1)
actions = st.one_of(
    st.tuples(st.just("step"), nodes),
    st.tuples(st.just("mine"), st.integers(1, 3)),
    st.tuples(st.just("reorganise"), st.integers(1, 2), st.booleans()),
    st.tuples(st.just("restart"), nodes),
    st.tuples(st.just("kill"), nodes, st.integers(0, 12), st.sampled_from(["before", "after"])),
)


def bonds() -> dict[str, int]:
    """Who has bonded what."""
    return {address(index): weight for index, weight in enumerate(WEIGHTS)}


def act(chain: FakeChain, villagers: list[Villager], action: tuple) -> None:
    """Do one random thing."""
    match action:
        case "step", index:
            villagers[index].step()
        case "mine", seconds:
            chain.mine(seconds)
        case "reorganise", depth, lose:
            chain.reorganise(min(depth, chain.head.number - chain.final), lose=lose)
        case "restart", index:
            villagers[index].restart()
        case "kill", index, fuse, stage:
            villagers[index].fuse, villagers[index].fuse_stage = fuse, stage


def check_rules(chain: WatchedChain) -> None:
    """No salt too early, no second commitment in an attempt, no nonce for two transactions."""
    assert chain.early_reveals == []
    by_nonce: dict[tuple[str, int], set[bytes]] = {}
    by_attempt: dict[tuple[str, ...], set[str]] = {}
    for sent in chain.sent:
        by_nonce.setdefault((sent.sender, sent.nonce), set()).add(sent.hash)
        if sent.label[0] == Duty.COMMIT.value:
            task, attempt, commitment = sent.label[1:]
            by_attempt.setdefault((sent.sender, task, attempt), set()).add(commitment)
    assert all(len(hashes) == 1 for hashes in by_attempt.values())
    assert all(len(hashes) == 1 for hashes in by_nonce.values())


def work(chain: WatchedChain, villagers: list[Villager], blocks: int) -> None:
    """Let all work for so many blocks, whether there is anything to do or not."""
    for _ in range(blocks):
        for villager in villagers:
            villager.step()
        chain.mine()


@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.MEDIAN, Mode.RANDOM])
def test_every_node_is_paid(mode: Mode, tmp_path: Path) -> None:
    """Without any mishap a task ends with every honest node's reward claimed, to the wei."""
    chain = WatchedChain(bonds())
    task = chain.ask(mode=mode)
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["done"] * 3
    shares = split_reward(1_000, WEIGHTS).shares
    assert [chain.state().escrow.credit_of(address(index)) for index in range(3)] == list(shares)
    check_rules(chain)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mode=st.sampled_from(Mode), mishaps=st.lists(actions, max_size=20))
def test_mishaps_change_nothing(mode: Mode, mishaps: list[tuple]) -> None:
    """Kills at any journal write, restarts and reorganisations of K blocks cost no node its reward."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        chain = WatchedChain(bonds())
        for _ in range(3):
            chain.mine()
        task = chain.ask(mode=mode)
        chain.mine()
        chain.mine()
        villagers = [Villager(chain, index, Path(folder)) for index in range(3)]
        for mishap in mishaps:
            act(chain, villagers, mishap)
        settle(chain, villagers)
        states = [villager.state(task) for villager in villagers]
        for villager in villagers:
            villager.close()
        undone = [line for villager in villagers for line in villager.told if line.event is Event.UNDONE]
    assert undone == []
    assert states == ["done"] * 3
    winners = chain.state().rounds.tallies[task.task_id].winners
    shares = split_reward(1_000, [winner.weight for winner in winners]).shares
    credited = [chain.state().escrow.credit_of(winner.node) for winner in winners]
    assert credited == list(shares)
    check_rules(chain)


@pytest.mark.parametrize("blocks", range(14))
def test_lost_memory_is_no_excuse(blocks: int, tmp_path: Path) -> None:
    """A node whose journal is gone, after any number of blocks, still reveals and claims."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]
    for _ in range(blocks):
        for villager in villagers:
            villager.step()
        chain.mine()
    villagers[0].lose_memory()
    settle(chain, villagers)
    assert chain.state().escrow.credit_of(address(0)) == 150
    assert villagers[0].state(task) == "done"
    check_rules(chain)


def test_void_attempt_is_followed_by_the_next(tmp_path: Path) -> None:
    """An attempt without quorum ends void, and its nodes commit again in the next one."""
    chain = WatchedChain(bonds())
    task = chain.ask(life=500)
    first, second = Villager(chain, 0, tmp_path), Villager(chain, 1, tmp_path)
    for _ in range(5):
        first.step()
        chain.mine()
    assert first.state(task) == "committed"
    chain.mine(60)
    chain.mine()
    chain.mine()
    settle(chain, [first, second])
    attempts = [told.attempt for told in first.told if told.event.value == "commit"]
    assert attempts == [1, 2]
    assert first.state(task) == second.state(task) == "done"
    check_rules(chain)


def test_lonely_node_misses_without_harm(tmp_path: Path) -> None:
    """When no quorum comes before the task expires the node lets go of it, unslashed."""
    chain = WatchedChain(bonds())
    task = chain.ask(life=200)
    villager = Villager(chain, 1, tmp_path)
    for _ in range(40):
        villager.step()
        chain.mine(10)
    assert villager.state(task) == "missed"


def test_sleeper_is_unrevealed(tmp_path: Path) -> None:
    """A node that sleeps through the reveal phase knows that it can be slashed, and says so."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    sleeper, *others = [Villager(chain, index, tmp_path) for index in range(2)]
    for _ in range(4):
        sleeper.step()
        others[0].step()
        chain.mine()
    assert sleeper.state(task) == "committed"
    for _ in range(60):
        others[0].step()
        chain.mine(2)
    settle(chain, [sleeper, *others])
    assert sleeper.state(task) == "unrevealed"


def test_outvoted_node_claims_nothing(tmp_path: Path) -> None:
    """Who answered otherwise than the majority is done once the record is deep."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]

    class Liar(Truth):
        def solve(self, task: Task, due: Due) -> Answer | None:
            return super().solve(task, due)[:-1] + b"\1"

    villagers[1].node = villagers[1].node.replacing(solver=Liar(villagers[1].secrets))
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["done", "outvoted", "done"]
    assert chain.state().escrow.credit_of(address(1)) == 0


def test_no_consensus_is_delivered(tmp_path: Path) -> None:
    """Without a majority a node still brings the record, so that the requester has its money back."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]

    class Own(Truth):
        def solve(self, task: Task, due: Due) -> Answer | None:
            return super().solve(task, due)[:-20] + self._secrets.salt(task.task_id)[:20]

    for villager in villagers:
        villager.node = villager.node.replacing(solver=Own(villager.secrets))
    settle(chain, villagers)
    assert {villager.state(task) for villager in villagers} == {"done"}
    assert chain.state().escrow.credit_of(task.request.requester) == 1_000


def test_undelivered_task_lapses(tmp_path: Path) -> None:
    """Where nobody delivers, the task lapses once it can be refunded."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    lazy = attrs.evolve(EAGER, delivery=Delivery.NEVER)
    villagers = [Villager(chain, index, tmp_path, lazy) for index in range(3)]
    settle(chain, villagers, blocks=20)
    assert {villager.state(task) for villager in villagers} == {"finalized"}
    chain.mine(700)
    settle(chain, villagers)
    assert {villager.state(task) for villager in villagers} == {"lapsed"}


def test_random_commitment_is_not_repeated_once_the_salt_is_out(tmp_path: Path) -> None:
    """RANDOM: a reorganisation deeper than K that takes commitment and reveal ends the node's part in it."""
    chain = WatchedChain(bonds())
    task = chain.ask(mode=Mode.RANDOM)
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]
    for _ in range(30):
        for villager in villagers:
            villager.step()
        if villagers[0].state(task) == "revealed":
            break
        chain.mine()
    chain.reorganise(chain.head.number - 1, lose=True)
    chain.mine()
    sent = len(chain.sent)
    villagers[0].step()
    assert villagers[0].state(task) == "exposed"
    for _ in range(40):
        chain.mine(10)
        villagers[0].step()
    commits = [each for each in chain.sent[sent:] if each.label[0] == Duty.COMMIT.value]
    assert villagers[0].state(task) == "missed"
    assert [each for each in commits if each.sender == address(0)] == []


DEEP = 3
"""The least depth that K, of 2, does not reach."""


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("lose", [False, True])
@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.MEDIAN, Mode.RANDOM])
@pytest.mark.parametrize("beyond", range(12))
def test_what_was_final_and_is_gone_is_done_again(
    mode: Mode, beyond: int, lose: bool, restarted: bool, tmp_path: Path
) -> None:
    """However deep the reorganisation is, up to the request: nobody is slashed, and what can be had is.

    A RANDOM task whose commitments are gone for good is not committed to again: its salts are out.
    """
    chain = WatchedChain(bonds())
    task = chain.ask(mode=mode)
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]
    settle(chain, villagers)
    work(chain, villagers, DEEP)
    depth = chain.head.number - task.block - beyond
    assert depth >= DEEP
    credit = [chain.state().escrow.credit_of(address(index)) for index in range(3)]
    chain.reorganise(depth, lose=lose)
    if restarted:
        for villager in villagers:
            villager.restart()
    work(chain, villagers, depth + DEEP)
    settle(chain, villagers, blocks=50)
    chain.mine(300)  # what has no commitments by now has expired
    settle(chain, villagers)
    kept = chain.state().rounds.round_of(task.task_id).committed > 0
    assert [villager.state(task) for villager in villagers] == ["done" if kept else "missed"] * 3
    credited = [chain.state().escrow.credit_of(address(index)) for index in range(3)]
    assert credited == (credit if kept else [0] * 3)
    assert kept or (mode is Mode.RANDOM and lose)
    assert {line.event for villager in villagers for line in villager.told} >= {Event.UNDONE}
    for villager in villagers:
        villager.close()


def test_what_goes_on_hides_nothing_that_is_undone(tmp_path: Path) -> None:
    """A new task is answered in the very blocks in which an older one, that was over, is taken up again."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    villagers = [Villager(chain, index, tmp_path) for index in range(3)]
    settle(chain, villagers)
    work(chain, villagers, DEEP)
    credit = chain.state().escrow.credit_of(address(0))
    chain.reorganise(chain.head.number - task.block - 4, lose=True)
    chain.ask(data=b"another")
    settle(chain, villagers)
    assert {line.task_id for line in villagers[0].told if line.event is Event.UNDONE} == {task.task_id}
    assert chain.state().escrow.credit_of(address(0)) == 2 * credit
    assert chain.early_reveals == []


def test_seat_is_kept(tmp_path: Path) -> None:
    """A node without tasks shows itself at half of the idle time, once."""
    chain = WatchedChain(bonds())
    villager = Villager(chain, 0, tmp_path)
    villager.step()
    assert chain.sent == []
    chain.mine(10_000)
    for _ in range(6):
        villager.step()
        chain.mine()
    assert [sent.label[0] for sent in chain.sent] == ["alive"]


def test_loop_does_not_sleep_on_an_answer(tmp_path: Path) -> None:
    """The pause between rounds ends when a program has ended, so that the commitment goes out at once."""
    chain = WatchedChain(bonds())
    task = chain.ask()
    chain.mine()
    chain.mine()
    villager = Villager(chain, 0, tmp_path)
    stop = threading.Event()

    class Slow(Truth):
        looks = 0

        @property
        def busy(self) -> bool:
            Slow.looks += 1
            return Slow.looks < 3

        def solve(self, task: Task, due: Due) -> Answer | None:
            return None if Slow.looks < 3 else super().solve(task, due)

    def told(line: Transition) -> None:
        if line.event.value == "commit":
            stop.set()

    node = Node(
        attrs.evolve(villager.node.parts, solver=Slow(villager.secrets)), policy=EAGER, listener=told
    )
    watchdog = threading.Timer(20, stop.set)
    watchdog.start()
    node.run(stop, pause=30)
    watchdog.cancel()
    assert villager.state(task) == "committing"
    villager.close()
