"""The parts of a shadow by themselves: who it is, what it notes, and rounds as they would have been."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.cli.options import DURATION
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_HASH, to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.errors import ConfigError
from chainboy.events.log import BlockRef
from chainboy.node.economics.tariff import Tariff
from chainboy.node.home import Blocks, RoundLog
from chainboy.node.journal import Journal
from chainboy.node.machine import Event
from chainboy.node.rows import Identity, Task
from chainboy.node.shadow.counterfactual import agrees, joined
from chainboy.node.shadow.nobody import Nobody, Spectator
from chainboy.node.shadow.report import report, to_lines, to_table
from chainboy.node.shadow.start import load
from chainboy.node.shadow.traces import Trace, Traces
from chainboy.sandbox.protocol import Run
from chainboy.units import Fuel, Wei, Weight

PRICE = Wei(10_000)
HUB = to_address(b"\1" * 20)


def node(index: int) -> str:
    """One of the network's."""
    return to_address(bytes([index + 10]) * 20)


def number(value: int, fuel: int = 0) -> bytes:
    """An outcome with one number."""
    return Outcome(Status.OK, Fuel(fuel), value.to_bytes(32, "big", signed=True)).encode()


def new_task(mode: Mode = Mode.EXACT, *, tolerance: int = 0, chain_id: int = 5, nonce: int = 0) -> Task:
    """A request of ``PRICE``."""
    params = Params(
        mode=mode,
        tolerance=tolerance,
        commit_window=60,
        fuel_limit=Fuel(0 if mode is Mode.RANDOM else 1_000),
        expires_at=1_000,
    )
    request = Request(
        chain_id=chain_id,
        gateway=HUB,
        requester=node(99),
        nonce=nonce,
        program=ZERO_HASH if mode is Mode.RANDOM else keccak(b"program"),
        input_hash=keccak(b""),
        price=PRICE,
        tip=Wei(0),
        callback_gas=0,
        requested_at=0,
        params=params.pack(),
    )
    return Task(request=request, input=b"", block=1)


def round_of(task: Task, answers: list[tuple[int, bytes]], blocks: list[int], *, absent: int = 0) -> RoundLog:
    """A recorded round of (weight, outcome) in commit order; ``absent`` weight did not commit."""
    ballots = tuple(
        Ballot(node=node(i), payout=node(i), weight=Weight(w), word=word_of(task.params.mode, outcome))
        for i, (w, outcome) in enumerate(answers)
    )
    total = Weight(sum(weight for weight, _ in answers) + absent)
    counted = tally(task.task_id, task.params, total, ballots)
    outcomes = {node(i): outcome for i, (_, outcome) in enumerate(answers)}
    return RoundLog(
        attempt=1,
        ballots=ballots,
        outcomes=outcomes,
        tally=counted,
        record=counted.record,
        blocks=tuple(blocks),
    )


@given(
    weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    gaps=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    after=st.integers(0, 20),
    bond=st.integers(1, 10**6),
)
def test_an_agreeing_node_gets_the_share_of_its_place(
    weights: list[int], gaps: list[int], after: int, bond: int
) -> None:
    """Behind all that was committed up to the block after its answer; to the wei of the mirror's split."""
    task = new_task()
    blocks = [5 + sum(gaps[: index + 1]) for index in range(len(weights))]
    real = round_of(task, [(weight, number(7)) for weight in weights], blocks)
    log = joined(real, task, number(7), node=Nobody().address, bond=Weight(bond), after=after)
    place = sum(block <= after + 1 for block in blocks)
    assert log.rank(Nobody().address) == place
    shares = split_reward(PRICE, [*weights[:place], bond, *weights[place:]]).shares
    assert log.reward(Nobody().address, PRICE) == shares[place]
    assert list(log.blocks) == sorted(log.blocks)
    assert agrees(real, task, number(7)) is True


def test_a_wrong_answer_earns_nothing() -> None:
    """Nor does it change who won, while the others are enough; a heavy one would have split the round."""
    task = new_task()
    real = round_of(task, [(4, number(7)), (3, number(7))], [5, 6])
    wrong = joined(real, task, number(8), node=node(50), bond=Weight(2), after=1)
    assert (wrong.rank(node(50)), wrong.reward(node(50), PRICE)) == (None, 0)
    assert wrong.tally.record.agreeing_weight == 7
    assert wrong.position(node(50)) == 0
    heavy = joined(real, task, number(8), node=node(50), bond=Weight(7), after=1)
    assert not heavy.tally.record.has_consensus
    assert agrees(real, task, number(8)) is False


@pytest.mark.parametrize(("value", "same"), [(1_000, True), (1_010, True), (990, True), (1_011, False)])
def test_a_median_agrees_within_its_tolerance(value: int, same: bool) -> None:
    """1 % around what was recorded, whatever the fuel."""
    task = new_task(Mode.MEDIAN, tolerance=100)
    real = round_of(task, [(4, number(1_000)), (3, number(1_001)), (2, number(999))], [5, 6, 7])
    assert agrees(real, task, number(value, fuel=9)) is same


def test_nothing_to_compare() -> None:
    """Random numbers, and rounds without consensus."""
    drawn = new_task(Mode.RANDOM)
    assert agrees(round_of(drawn, [(4, number(1)), (3, number(2))], [5, 6]), drawn, number(3)) is None
    task = new_task()
    split = round_of(task, [(4, number(1)), (4, number(2))], [5, 6])
    assert agrees(split, task, number(1)) is None


def test_nobody_can_sign() -> None:
    """There is no key to sign with, and what it derives is the same for everybody."""
    with pytest.raises(ConfigError, match="run the node itself"):
        Nobody().sign(b"message")
    assert Nobody().derive(b"salt") == Nobody().derive(b"salt") != Nobody().derive(b"other")


def journal_of(path: Path | str = ":memory:") -> Journal:
    """A shadow's journal."""
    return Journal(path, Identity(chain_id=5, hub=HUB, node=Nobody().address))


def blocks(head: int) -> Blocks:
    """A head."""
    ref = BlockRef(number=head, hash=keccak(b""), timestamp=head, parent_hash=keccak(b""))
    return Blocks(head=ref, deep=ref)


def test_a_spectator_notes_each_thing_once() -> None:
    """With the block and the price of the first time; a new attempt is a new commitment."""
    journal = journal_of()
    traces, price = Traces(journal), [Wei(2)]
    spectator, task = Spectator(traces, lambda: price[0]), attrs.evolve(new_task(), attempt=1)
    log = round_of(task, [(4, number(7))], [5])
    spectator.settle(blocks(10))
    assert spectator.commit(task, b"")
    price[0] = Wei(3)
    spectator.settle(blocks(12))
    assert not spectator.commit(task, b"")
    assert spectator.reveal(task, log.ballots[0], b"")
    assert not spectator.reveal(task, log.ballots[0], b"")
    assert [spectator.finalize(task, log), spectator.finalize(task, log)] == [True, False]
    assert not spectator.deliver(task, log, if_paid=True)
    assert spectator.deliver(task, log, if_paid=False)
    assert spectator.claim([(task, log)])
    assert not spectator.claim([(task, log)])
    assert not spectator.alive()
    assert not spectator.enter()
    trace = traces.of(task.task_id)
    assert (trace.attempt, trace.committed_at, trace.revealed_at) == (1, 10, 12)
    assert trace.gas_cost == 100_000 * 2 + (50_000 + 110_000 + 80_000 + 45_000) * 3
    assert spectator.commit(attrs.evolve(task, attempt=2), b"")
    assert traces.of(task.task_id).committed_at == 12
    journal.close()


def test_traces_survive(tmp_path: Path) -> None:
    """Another process reads what was noted."""
    journal, task = journal_of(tmp_path / "j"), new_task()
    run = Run(outcome=Outcome(Status.OK, Fuel(9), b""), seconds=0.0101)
    Traces(journal).ran(task, run)
    Traces(journal).ran(task, run)
    Traces(journal).change(task.task_id, agreed=True, rank=1)
    journal.close()
    journal = journal_of(tmp_path / "j")
    assert Traces(journal).of(task.task_id) == Trace(
        fuel=Fuel(18), milliseconds=22, runs=2, agreed=True, rank=1
    )
    journal.close()


def written(journal: Journal, task: Task, *events: tuple[Event, dict[str, Any]]) -> None:
    """A task's life."""
    journal.add(task)
    for event, more in events:
        task = journal.apply(task, event, block=1, **more)


def test_the_report_counts_what_is_over() -> None:
    """Income of delivered tasks by chain, at their rates; refusals by kind; what runs is under way."""
    journal = journal_of()
    traces = Traces(journal)
    won = [(Event.ACCEPT, {}), (Event.OUTCOME, {"outcome": b""}), (Event.COMMIT, {"attempt": 1})]
    won += [(Event.COMMIT_SEEN, {}), (Event.REVEAL_SEEN, {}), (Event.WON, {"rank": 0})]
    tasks = [new_task(nonce=nonce, chain_id=5 + nonce % 2) for nonce in range(5)]
    for task in tasks[:2]:
        written(journal, task, *won, (Event.DELIVERED, {}), (Event.CLAIMED, {}))
        traces.change(task.task_id, rank=0, reward=1_500, gas_cost=100, agreed=True, fuel=10**9)
    written(journal, tasks[2], (Event.ABSTAIN, {"reason": "price 1 wei is below our minimum of 2"}))
    written(journal, tasks[3], (Event.ACCEPT, {}), (Event.TOO_LATE, {}))
    written(journal, tasks[4])
    tariff = Tariff(exchange={6: Wei(2 * 10**18)}, compute_price_per_gigafuel=Wei(7))
    found = report(journal, traces, tariff, Weight(3))
    assert (found.seen, found.taken, found.answered, found.missed, found.under_way) == (5, 3, 2, 1, 1)
    assert found.income == {5: 1_500, 6: 1_500}
    assert (found.gas_cost, found.compute) == (200, 14)
    assert found.profit == 1_500 + 3_000 - 200 - 14
    table = json.loads(json.dumps(to_table(found)))
    assert table["income_wei"] == {"5": "1500", "6": "1500"}
    assert table["agreement"] == {"compared": 2, "agreed": 2, "percent": "100.00"}
    assert table["refused"]["price"]["count"] == 1
    lines = list(to_lines(found))
    assert "refused    1 for price, the last: price 1 wei is below our minimum of 2" in lines
    assert "profit     4286 wei of the home chain's coin" in lines
    journal.close()
    empty = journal_of()
    assert "agreement  nothing to compare yet (0 of 0)" in list(
        to_lines(report(empty, Traces(empty), tariff, Weight(3)))
    )
    empty.close()


def test_a_shadow_looks_at_no_key(tmp_path: Path) -> None:
    """A file without [key], or with one that is wrong; the journal is another one."""
    text = '[chain]\nurl = "http://127.0.0.1:1"\nprofile = "siberium"\n[contracts]\ndeployment = "d"\n'
    text += '[node]\ncontent = "c"\njournal = "j.sqlite"\n[watch]\n'
    for key in ("", "[key]\nnonsense = 1\n"):
        (tmp_path / "node.toml").write_text(text + key)
        config = load(tmp_path / "node.toml")
        assert config.journal == tmp_path / "j.sqlite.shadow"
        assert config.watch is None
        assert isinstance(config.key.signer(), Nobody)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)]
)
def test_durations(text: str, seconds: int) -> None:
    """A number and a unit."""
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-1s", "1.5h", "1y"])
def test_no_durations(text: str) -> None:
    """Anything else is told."""
    with pytest.raises(click.BadParameter, match="write it as"):
        DURATION.convert(text, None, None)
