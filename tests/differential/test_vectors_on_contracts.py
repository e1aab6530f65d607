"""The golden vectors, read by the contracts' side: the harness gives for each case what the file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bare_evm.contracts import Contract
from bare_evm.evm import Evm
from eth_abi.abi import decode

from chainboy.consensus.tally import UNREVEALED

VECTORS = Path(__file__).parents[1] / "vectors"


def cases(name: str) -> list[dict[str, Any]]:
    """A file's cases, integers and bytes as such."""
    read: list[dict[str, Any]] = _read(json.loads((VECTORS / f"{name}.json").read_text(encoding="ascii")))
    return read


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _read(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_read(each) for each in value]
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, str) and value.startswith("0x") and len(value) != 42:
        return bytes.fromhex(value[2:])
    return value


REQUEST = (
    *("requester", "nonce", "program", "input_hash", "price", "tip"),
    *("callback_gas", "requested_at", "params"),
)
RECORD = (
    *("task_id", "outcome_hash", "agreeing_weight", "total_weight"),
    *("rest_weight", "winners_root", "winners_count"),
)
CHECKPOINT = (
    *("number", "epoch", "stake_hash", "stake_total"),
    *("records_root", "records_count", "home_block"),
)


def _pick(case: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(case[name] for name in names)


def test_requests(harness: Contract) -> None:
    """Hash and task id."""
    for case in cases("requests"):
        made = harness.view("requestHash", _pick(case, REQUEST), case["chain_id"], case["gateway"])
        assert made == case["hash"]
        assert harness.view("taskId", made, case["params"]) == case["task_id"]


def test_params(harness: Contract) -> None:
    """The word's fields."""
    for case in cases("params"):
        fields = ("mode", "tolerance", "commit_window", "fuel_limit", "expires_at")
        assert harness.view("unpack", case["word"]) == _pick(case, fields)


def test_commitments(harness: Contract) -> None:
    """What a node commits to, from the outcome's hash."""
    for case in cases("commitments"):
        _, outcome_hash = harness.view("wordOf", 0, case["outcome"])
        made = harness.view(
            "commitment", case["task_id"], case["attempt"], case["node"], outcome_hash, case["salt"]
        )
        assert made == case["commitment"]


def test_records(harness: Contract) -> None:
    """The accumulator's leaves."""
    for case in cases("records"):
        assert harness.view("recordHash", _pick(case, RECORD)) == case["hash"]


def test_outcomes(harness: Contract) -> None:
    """What a consumer is told of each."""
    for case in cases("outcomes"):
        assert harness.view("readOutcome", case["encoded"]) == (case["status"], case["payload"])
        assert harness.view("wordOf", 0, case["encoded"]) == (True, case["hash"])


def test_tallies(harness: Contract) -> None:
    """The record, from words, weights and choices."""
    for case in cases("tallies"):
        choices = [UNREVEALED if choice is None else choice for choice in case["choices"]]
        shown = [
            (ballot["node"], ballot["payout"], ballot["weight"], choice)
            for ballot, choice in zip(case["ballots"], choices, strict=True)
        ]
        fixed = (case["task_id"], case["params"], case["total_weight"], case["words"], case["weights"], shown)
        record = harness.view("decide", *fixed)
        whole = {**case["record"], "task_id": case["task_id"], "total_weight": case["total_weight"]}
        assert record == _pick(whole, RECORD)
        assert harness.view("recordHash", record) == case["record"]["hash"]


def test_winner_trees(harness: Contract) -> None:
    """Leaves and root."""
    for case in cases("winner_trees"):
        names = ("rank", "node", "payout", "weight")
        leaves = [harness.view("winnerLeaf", *_pick(winner, names)) for winner in case["winners"]]
        assert leaves[case["index"]] == case["leaf"]
        assert harness.view("winnersRoot", leaves) == case["root"]


def test_accumulators(evm: Evm, harness: Contract) -> None:
    """The root after so many records."""
    for case in cases("accumulators"):
        before = evm.snapshot()
        for leaf in case["leaves"]:
            harness.send("pushRecord", leaf)
        assert harness.view("recordsRoot") == case["root"]
        evm.revert(before)


def test_rewards(harness: Contract) -> None:
    """Every share and the treasury's."""
    for case in cases("rewards"):
        weights, price = case["weights"], case["price"]
        count, rest = len(weights), sum(weights[2:])
        ranks = [0, 1, 2, 3, count - 1]
        for rank in {rank for rank in ranks if rank < count}:
            share = harness.view("rewardOf", price, rest, count, rank, weights[rank])
            assert share == case["shares"][rank]
        assert harness.view("treasuryShareOf", price, count) == case["treasury"]


def test_stake_lists(harness: Contract) -> None:
    """Words and hash."""
    for case in cases("stake_lists"):
        entries = [_pick(entry, ("node", "weight")) for entry in case["entries"]]
        nodes, weights = ([entry[column] for entry in entries] for column in (0, 1))
        made = harness.view("stakeWords", nodes, weights)
        assert made == (tuple(case["words"]), len(entries), case["total"])
        assert [harness.view("stakeEntry", word) for word in case["words"]] == entries
        assert harness.view("stakeHash", case["words"]) == (case["hash"], case["hash"])
        assert sum(weight for _, weight in entries) == case["total"]


def test_checkpoints(harness: Contract) -> None:
    """What nodes sign."""
    for case in cases("checkpoints"):
        shown = (_pick(case, CHECKPOINT), case["home_chain_id"], case["hub"])
        assert harness.view("checkpointDigest", *shown) == case["digest"]


def test_attestations(harness: Contract) -> None:
    """Each bit has its signature, and the bits' weight is the weight."""
    for case in cases("attestations"):
        for packed in filter(None, (case["packed"], case["fewest"])):
            bitmap, left, weight = packed["bitmap"], packed["signatures"], 0
            assert len(left) == 65 * harness.view("countBits", bitmap)
            for word in (word for i, word in enumerate(case["words"]) if bitmap >> i & 1):
                node, more = harness.view("stakeEntry", word)
                assert harness.view("isBy", left[:65], case["digest"], node)
                left, weight = left[65:], weight + more
            assert weight == packed["weight"]
        enough = 2 * case["packed"]["weight"] > case["total"]
        assert enough == (case["fewest"] is not None)


def test_record_proofs(harness: Contract) -> None:
    """A number, and siblings that lead from the record to the root."""
    for case in cases("record_proofs"):
        number, siblings = decode(["uint256", "bytes32[32]"], case["proof"])
        assert number == case["number"]
        leaf = case["leaves"][case["index"]]
        assert harness.view("rootAbove", leaf, list(siblings)) == case["root"]


@pytest.mark.parametrize("name", ["tallies", "rewards", "requests"])
def test_no_file_is_empty(name: str) -> None:
    """The loops above have something to run over."""
    assert len(cases(name)) >= 20


@pytest.mark.parametrize("name", ["stake_lists", "checkpoints", "attestations", "record_proofs"])
def test_no_file_of_other_chains_is_empty(name: str) -> None:
    """Nor these, of which fewer are enough."""
    assert len(cases(name)) >= 6
