"""The demo, run once as a newcomer runs it: what its JSON says, and that the files it wrote prove it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
import pytest

from chainboy.consensus.outcome import Outcome
from chainboy.consensus.proof import TaskProof

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("demo")]

COMMAND = Path(sys.executable).with_name("chainboy")
TOTAL = 1_000
BONDS = {"Ada": 300, "Bela": 250, "Cleo": 200, "Dina": 150, "Emil": 100}
HONEST, LIAR, COPIER = {"Ada", "Bela", "Cleo"}, "Dina", "Emil"
TASK_FIELDS = {
    *("task_id", "status", "value", "price", "agreeing_weight", "total_weight", "winners"),
    *("treasury", "dust", "proof"),
}
AMOUNTS = ("price", "agreeing_weight", "total_weight", "treasury", "dust")
STEPS = {
    *("approve", "bond", "claim", "commit", "deliver", "deploy", "enter", "finalize", "register", "request"),
    *("reveal", "slashUnrevealed", "transfer"),
}


@attrs.frozen
class Shown:
    """What one run of the demo printed and where it wrote."""

    report: dict[str, Any]
    told: str
    directory: Path

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The tasks in their order: rates, random, raises, endless, exchange."""
        tasks: list[dict[str, Any]] = self.report["tasks"]
        return tasks


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """One run, in a folder that is not there yet."""
    directory = tmp_path_factory.mktemp("demo") / "proofs"
    done = subprocess.run(
        [COMMAND, "demo", "--json", "--directory", directory],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return Shown(json.loads(done.stdout), done.stderr, directory)


def proof_of(task: dict[str, Any]) -> TaskProof:
    """The proof file that the report names, checked."""
    proof = TaskProof.from_json(Path(task["proof"]).read_bytes())
    proof.verify()
    return proof


def amount(text: object) -> int:
    """The number that a decimal string writes in the one way there is."""
    assert isinstance(text, str)
    assert str(int(text)) == text
    return int(text)


def test_fields(shown: Shown) -> None:
    """Every field that is promised, amounts as decimal strings."""
    assert set(shown.report) == {"tasks", "gas"}
    for task in shown.tasks:
        assert set(task) >= TASK_FIELDS
        assert all(amount(task[field]) >= 0 for field in AMOUNTS)
        assert bytes.fromhex(task["task_id"].removeprefix("0x")).hex() == task["task_id"][2:]
        for winner in task["winners"]:
            assert set(winner) >= {"node", "rank", "weight", "reward"}
            assert amount(winner["weight"]) > 0
            assert amount(winner["reward"]) > 0


def test_every_kind_of_ending(shown: Shown) -> None:
    """Three values, one exception, one program that never ends: each is a result."""
    assert [task["status"] for task in shown.tasks] == ["OK", "OK", "RAISED", "OUT_OF_FUEL", "OK"]
    assert len({task["task_id"] for task in shown.tasks}) == 5
    rates, random, raised, endless, exchange = (task["value"] for task in shown.tasks)
    assert "USD" in rates
    assert int(random, 16) < 2**256
    assert raised == "ZeroDivisionError"
    assert "1000000000" in endless
    assert int(exchange) > 0


def test_money_adds_up(shown: Shown) -> None:
    """To the wei: by the protocol's shares, counted here once more."""
    for task in shown.tasks:
        price, winners = amount(task["price"]), task["winners"]
        weights = [amount(winner["weight"]) for winner in winners]
        rewards = [amount(winner["reward"]) for winner in winners]
        first, pool = price * 15 // 100, price * 50 // 100
        shares = [pool * weight // sum(weights[2:]) for weight in weights[2:]]
        assert rewards == [first, first, *shares]
        assert amount(task["dust"]) == pool - sum(shares)
        assert amount(task["treasury"]) == price - 2 * first - pool
        assert sum(rewards) + amount(task["treasury"]) + amount(task["dust"]) == price


def test_weights_are_a_majority(shown: Shown) -> None:
    """The winners' weights are what agreed, more than half of all tokens; ranks have no gaps."""
    for task in shown.tasks:
        agreeing = sum(amount(winner["weight"]) for winner in task["winners"])
        assert agreeing == amount(task["agreeing_weight"])
        assert amount(task["total_weight"]) == TOTAL < 2 * agreeing
        assert [winner["rank"] for winner in task["winners"]] == list(range(len(task["winners"])))
        assert all(BONDS[winner["name"]] == amount(winner["weight"]) for winner in task["winners"])


def test_a_lie_wins_nothing(shown: Shown) -> None:
    """The honest ones share; the liar answers and is outvoted. A random number cannot be lied about."""
    rates, random, raised, endless, exchange = shown.tasks
    for task in (rates, raised, endless, exchange):
        assert {winner["name"] for winner in task["winners"]} == HONEST
        (lie,) = (answer for answer in task["answers"] if answer["name"] == LIAR)
        assert not lie["agreed"]
        assert lie["answer"] != task["value"]
    assert {winner["name"] for winner in random["winners"]} == HONEST | {LIAR}


def test_sources_that_differ_agree_within_the_tolerance(shown: Shown) -> None:
    """Each node read five sources for itself; one was wrong, one down, and the median is the bank's rate."""
    exchange = shown.tasks[4]
    with (files("chainboy.demo") / "data" / "ecb_rates.csv").open(encoding="ascii") as table:
        *_, last = csv.DictReader(table)
    truth = Decimal(last["USD"])
    assert abs(Decimal(exchange["value"]).scaleb(-8) - truth) <= truth / 1_000
    reads = exchange["reads"]
    assert len({read["picked"] for read in reads if read["source"] == "north"}) > 1, "all nodes saw the same"
    assert {read["name"] for read in reads} >= HONEST
    for name in HONEST:
        own = {read["source"]: read for read in reads if read["name"] == name}
        assert set(own) == {"north", "east", "south", "west", "hill"}
        for good in ("north", "east", "south"):
            assert abs(Decimal(own[good]["picked"]) - truth) <= truth / 1_000
        assert Decimal(own["west"]["picked"]) > 9 * truth
        assert own["hill"] == {**own["hill"], "picked": None, "error": "the connection failed (ConnectError)"}
    assert all(task["reads"] == [] for task in shown.tasks[:4])


def test_a_copy_cannot_be_revealed_and_costs(shown: Shown) -> None:
    """The copier commits once, reveals nothing, wins nothing, and is slashed and jailed for it."""
    assert all(winner["name"] != COPIER for task in shown.tasks for winner in task["winners"])
    answers = [answer for task in shown.tasks for answer in task["answers"] if answer["name"] == COPIER]
    assert answers
    assert all(answer["answer"] is None for answer in answers)
    silent = [ballot for ballot in proof_of(shown.tasks[0]).ballots if ballot.outcome is None]
    assert [ballot.weight for ballot in silent] == [BONDS[COPIER]]
    assert shown.report["gas"]["slashUnrevealed"]["transactions"] >= 1
    assert f"{COPIER} is slashed by " in shown.told


def test_a_restart_loses_nothing(shown: Shown) -> None:
    """The node that was stopped after its commit reveals, wins and claims."""
    assert "Bela is stopped" in shown.told
    assert shown.told.index("Bela is stopped") < shown.told.index("Bela reveals")
    assert "Bela" in {winner["name"] for winner in shown.tasks[0]["winners"]}


def test_proofs_hold(shown: Shown) -> None:
    """Each file proves what the report says, and the command agrees; there are no other files."""
    for task in shown.tasks:
        proof = proof_of(task)
        assert f"0x{proof.task_id.hex()}" == task["task_id"]
        assert proof.outcome is not None
        assert Outcome.decode(proof.outcome).status.name == task["status"]
        assert proof.record.agreeing_weight == amount(task["agreeing_weight"])
        named = [(winner["node"], amount(winner["weight"])) for winner in task["winners"]]
        assert [(winner.node, winner.weight) for winner in proof.tally.winners] == named
    assert {Path(task["proof"]) for task in shown.tasks} == set(shown.directory.iterdir())
    command = [COMMAND, "verify", shown.tasks[0]["proof"]]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_gas_by_step(shown: Shown) -> None:
    """Every step of a task's life, how often and what it cost; a mean is the total over the number."""
    gas = shown.report["gas"]
    assert set(gas) >= STEPS
    for step in gas.values():
        assert amount(step["mean"]) == amount(step["gas"]) // step["transactions"]
        assert amount(step["mean"]) > 21_000
    assert gas["request"]["transactions"] == gas["finalize"]["transactions"] == len(shown.tasks)


def test_progress_is_told_apart(shown: Shown) -> None:
    """Live lines go to standard error, so that standard output is the object alone."""
    assert shown.told.count("the hub tallies") == len(shown.tasks)
    assert "all tokens have committed" in shown.told
