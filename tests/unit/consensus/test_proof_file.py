"""Proof files: what a good one holds, and that no changed byte of it passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from chainboy.consensus import encoding
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.proof import Inclusion, ProvenBallot, TaskProof
from chainboy.consensus.request import Request
from chainboy.consensus.rewards import split_reward
from chainboy.errors import ChainBoyError, EncodingError, ProofInvalid

HUB, GATEWAY, REQUESTER, PAYOUT = (to_address(bytes([n]) * 20) for n in (1, 2, 3, 0xBC))
INPUT = bytes(31) + b"\x2a"
SALT = b"\x5a" * 32
BLOCK_HASH = b"\x0b" * 32


def _outcome(mode: Mode, answer: int) -> bytes:
    if mode is Mode.EXACT:
        return Outcome(Status.OK, 99, bytes([answer])).encode()
    return Outcome(Status.OK, 0, encoding.signed_word(answer)).encode()


def make(
    mode: Mode = Mode.EXACT, answers: tuple[int | None, ...] = (7, 7, 8, None, 7), total: int = 27
) -> TaskProof:
    """A proof of a round of nodes of 5 tokens each, third of its hub's records."""
    rules = Params(
        mode=mode,
        tolerance=100 if mode is Mode.MEDIAN else 0,
        commit_window=60,
        fuel_limit=0 if mode is Mode.RANDOM else 1_000,
        expires_at=99_999,
    )
    request = Request(
        chain_id=111_111,
        gateway=GATEWAY,
        requester=REQUESTER,
        nonce=4,
        program=bytes(32) if mode is Mode.RANDOM else b"\x0c" * 32,
        input_hash=encoding.keccak(INPUT),
        price=1_001,
        tip=3,
        callback_gas=0,
        requested_at=90_000,
        params=rules.pack(),
    )
    ballots = [_ballot(request, i, None if a is None else _outcome(mode, a)) for i, a in enumerate(answers)]
    shown: dict[str, Any] = {
        "home_chain_id": 111_111,
        "hub": HUB,
        "request": request,
        "input": INPUT,
        "attempt": 2,
        "total_weight": total,
        "ballots": ballots,
    }
    place = Inclusion(
        index=0, records_root=bytes(32), records_count=1, block_number=1, block_hash=bytes(32), siblings=()
    )
    leaf = TaskProof.build(**shown, inclusion=place).record.hash
    records = Accumulator([b"\x01" * 32, b"\x02" * 32, leaf, b"\x03" * 32, b"\x04" * 32])
    return TaskProof.build(**shown, inclusion=Inclusion.of(records, 2, 1_234, BLOCK_HASH))


def _ballot(request: Request, number: int, outcome: bytes | None) -> ProvenBallot:
    node = to_address(bytes([0xA0 + number]) * 20)
    hashed = encoding.keccak(outcome or b"hidden")
    return ProvenBallot(
        node=node,
        payout=PAYOUT,
        weight=5,
        commitment=encoding.commitment(request.task_id, 2, node, hashed, SALT),
        outcome=outcome,
        salt=None if outcome is None else SALT,
    )


def fails(proof: TaskProof, *fields: str, **expected: Any) -> None:
    """Verifying must fail, naming one of these fields."""
    with pytest.raises(ProofInvalid) as failed:
        proof.verify(**expected)
    assert str(failed.value).startswith(fields), failed.value


def redone(proof: TaskProof, **changes: Any) -> TaskProof:
    """A forger's change, with the digest made again."""
    names = {field.name for field in attrs.fields(TaskProof)} - {"digest"}
    return TaskProof(**{name: getattr(proof, name) for name in names} | changes)


def test_a_proof_of_consensus() -> None:
    """It verifies, knows the outcome and the rewards, and survives its text form."""
    proof = make()
    proof.verify()
    assert proof.record.task_id == proof.task_id == proof.request.task_id
    assert (proof.record.agreeing_weight, proof.record.winners_count) == (15, 3)
    assert proof.outcome == _outcome(Mode.EXACT, 7)
    assert proof.rewards == split_reward(1_001, [5, 5, 5])
    assert TaskProof.from_json(proof.to_json()) == proof
    assert TaskProof.from_json(proof.to_json().encode()) == proof


@pytest.mark.parametrize("mode", [Mode.MEDIAN, Mode.RANDOM])
def test_proofs_of_the_other_modes(mode: Mode) -> None:
    """The outcome is made from the ballots."""
    proof = TaskProof.from_json(make(mode).to_json())
    proof.verify()
    assert proof.outcome is not None
    assert encoding.keccak(proof.outcome) == proof.record.outcome_hash


def test_a_proof_of_no_consensus() -> None:
    """There is neither outcome nor reward."""
    proof = TaskProof.from_json(make(answers=(1, 2, 3), total=25).to_json())
    proof.verify()
    assert (proof.outcome, proof.rewards, proof.record.has_consensus) == (None, None, False)


def test_the_text_is_canonical() -> None:
    """Keys in a fixed order, everything a string, the digest last."""
    text = make().to_json()
    tree = json.loads(text)
    assert list(tree) == [
        *("format", "home", "request", "attempt", "totalWeight"),
        *("ballots", "record", "inclusion", "rewards", "passage", "digest"),
    ]
    rules = {"version": "1", "mode": "EXACT", "tolerance": "0", "commitWindow": "60"}
    assert tree["request"]["params"] == {**rules, "fuelLimit": "1000", "expiresAt": "99999"}
    assert tree["ballots"][3]["outcome"] is None
    assert len(tree["inclusion"]["siblings"]) == 32
    assert text.splitlines()[-2].startswith('  "digest": "0x')
    assert text == json.dumps(tree, indent=2) + "\n"


def test_trust_can_be_pinned() -> None:
    """To the root, the hub and the chain that the checker knows."""
    proof = make()
    root = proof.inclusion.records_root
    proof.verify(expected_root=root, expected_hub=HUB, expected_chain_id=111_111)
    fails(proof, "inclusion.recordsRoot", expected_root=bytes(32))
    fails(proof, "home.hub", expected_hub=GATEWAY)
    fails(proof, "home.chainId", expected_chain_id=1)


def _with_ballot(proof: TaskProof, index: int, **changes: Any) -> TaskProof:
    ballots = list(proof.ballots)
    ballots[index] = attrs.evolve(ballots[index], **changes)
    return redone(proof, ballots=tuple(ballots))


def _with(part: str, **changes: Any) -> Callable[[TaskProof], TaskProof]:
    return lambda proof: redone(proof, **{part: attrs.evolve(getattr(proof, part), **changes)})


@pytest.mark.parametrize(
    ("forge", "fields"),
    [
        (lambda p: redone(p, input=b"other"), ("request.input",)),
        (_with("request", nonce=5), ("ballots[0].commitment",)),
        (lambda p: redone(p, attempt=1), ("ballots[0].commitment",)),
        (lambda p: redone(p, total_weight=28), ("record.total_weight",)),
        (lambda p: redone(p, total_weight=24), ("totalWeight",)),
        (lambda p: redone(p, total_weight=50), ("totalWeight",)),
        (lambda p: _with_ballot(p, 0, commitment=bytes(32)), ("ballots[0].commitment",)),
        (lambda p: _with_ballot(p, 2, outcome=_outcome(Mode.EXACT, 7)), ("ballots[2].commitment",)),
        (lambda p: _with_ballot(p, 2, salt=bytes(32)), ("ballots[2].commitment",)),
        (lambda p: _with_ballot(p, 2, node=HUB), ("ballots[2].commitment",)),
        (lambda p: _with_ballot(p, 3, node=p.ballots[0].node), ("ballots[3].node",)),
        (lambda p: _with_ballot(p, 3, weight=0), ("ballots",)),
        (lambda p: _with_ballot(p, 0, weight=6), ("record.agreeing_weight",)),
        (lambda p: _with_ballot(p, 0, payout=HUB), ("record.winners_root",)),
        (lambda p: _with_ballot(p, 0, outcome=None, salt=None), ("record.",)),
        (_with("record", agreeing_weight=16), ("record.agreeing_weight",)),
        (_with("record", rest_weight=6), ("record.rest_weight",)),
        (_with("record", outcome_hash=bytes(32)), ("record.outcome_hash",)),
        (_with("rewards", treasury=202), ("rewards",)),
        (lambda p: redone(p, rewards=None), ("rewards",)),
        (_with("inclusion", records_root=bytes(32)), ("inclusion.recordsRoot",)),
        (_with("inclusion", index=5), ("inclusion.index",)),
        (_with("inclusion", siblings=()), ("inclusion.siblings",)),
        (_with("inclusion", records_count=3), ("inclusion.siblings[0]",)),
    ],
)
def test_forgeries_that_do_not_fit_the_rest(
    forge: Callable[[TaskProof], TaskProof], fields: tuple[str, ...]
) -> None:
    """Even with a digest made again, the first field that does not follow is named."""
    fails(forge(make()), *fields)


def test_an_outcome_its_mode_does_not_take() -> None:
    """No hub would have taken it."""
    proof = make(Mode.MEDIAN)
    bad = _ballot(proof.request, 0, b"opaque")
    fails(redone(proof, ballots=(bad, *proof.ballots[1:])), "ballots[0].outcome")


def test_what_only_the_digest_binds() -> None:
    """Block, and what belongs to a node that did not reveal."""
    proof = make()
    changed = [
        attrs.evolve(proof, inclusion=attrs.evolve(proof.inclusion, block_number=1_235)),
        attrs.evolve(proof, inclusion=attrs.evolve(proof.inclusion, block_hash=bytes(32))),
        attrs.evolve(proof, home_chain_id=5),
    ]
    unrevealed = attrs.evolve(proof.ballots[3], payout=HUB)
    changed.append(attrs.evolve(proof, ballots=(*proof.ballots[:3], unrevealed, proof.ballots[4])))
    for each in changed:
        fails(each, "digest")


def _believed(text: bytes) -> bool:
    try:
        TaskProof.from_json(text).verify()
    except ProofInvalid:
        return False
    return True


def test_no_changed_byte_passes() -> None:
    """Every byte in turn, but for every ninth only among the siblings, which are all alike."""
    text = make(answers=(7, None, 7), total=15).to_json().encode()
    assert _believed(text)
    start, end = text.index(b'"siblings"'), text.index(b'"rewards"')
    for at in range(len(text)):
        if start < at < end and at % 9:
            continue
        assert not _believed(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]), at


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ("[" * 100_000, "more objects"),
        ("[" * 512, "no JSON"),
        (b"\xff", "no JSON"),
        ("\u0661", "no JSON"),
        ("\ud800", "no JSON"),
        ("9" * 5_000, "no JSON"),
        ("{}", "format is missing"),
        ('{"format": 1}', "format is no decimal"),
        ('{"format": "2"}', "format is not 1"),
        ('{"format": "1", "home": null}', "home is no JSON object"),
    ],
)
def test_other_texts(text: str | bytes, reason: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ProofInvalid, match=reason):
        TaskProof.from_json(text)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"attempt": "2"', '"attempt": "02"', "attempt is no decimal"),
        ('"attempt": "2"', '"attempt": "-2"', "attempt is no decimal"),
        ('"attempt": "2"', '"attempt": 2', "attempt is no decimal"),
        ('"attempt": "2"', f'"attempt": "{2**256}"', "attempt must be"),
        ('"mode": "EXACT"', '"mode": "exact"', "request.params.mode is none of"),
        ('"mode": "EXACT"', '"mode": []', "request.params.mode is none of"),
        ('"version": "1"', '"version": "2"', "version 1"),
        (PAYOUT, PAYOUT.lower(), r"ballots\[0\].payout is no EIP-55"),
        ("0x5a5a", "0x5A5A", r"ballots\[0\].salt is no lower-case hex"),
        ("0x5a5a", "5a5a", r"ballots\[0\].salt is no lower-case hex"),
        ('"salt": "0x5a', '"salt": "0x', "outcome and 32-byte salt"),
        ('"shares": [', '"shares": [[],', r"rewards.shares\[0\] is no decimal"),
        ('"siblings": [', '"siblings": [{},', r"inclusion.siblings\[0\] is no lower-case hex"),
        ('"ballots": [', '"ballots": [[],', r"ballots\[0\] is no JSON object"),
        ('"attempt": "2",', '"attempt": "2", "attempt": "2",', "canonical"),
        ('"attempt": "2",\n', '"attempt":  "2",\n', "canonical"),
        ("\n}\n", "\n}", "canonical"),
        ("\n}\n", "\n}\n\n", "canonical"),
    ],
)
def test_texts_that_are_not_canonical(old: str, new: str, reason: str) -> None:
    """There is one text for one proof."""
    with pytest.raises(ProofInvalid, match=reason):
        TaskProof.from_json(make().to_json().replace(old, new, 1)).verify()


def test_a_list_is_a_list() -> None:
    """An object in its place is refused."""
    tree = json.loads(make().to_json())
    tree["ballots"] = {}
    with pytest.raises(ProofInvalid, match="ballots is no list"):
        TaskProof.from_json(json.dumps(tree, indent=2) + "\n")


def test_a_ballot_is_revealed_or_not() -> None:
    """Outcome and salt come together."""
    ballot = make().ballots[0]
    for changes in ({"salt": None}, {"outcome": None}, {"salt": b"short"}):
        with pytest.raises(EncodingError, match="salt"):
            attrs.evolve(ballot, **changes)


def test_every_failure_is_of_this_package() -> None:
    """One root for all of them."""
    assert issubclass(ProofInvalid, ChainBoyError)
