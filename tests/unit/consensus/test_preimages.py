"""Preimages and digests, against ``eth_abi``'s encoder and eth-account's EIP-712."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from chainboy.consensus import encoding
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.record import Record, Winner
from chainboy.consensus.request import Request
from chainboy.consensus.signing import Domain, commit_digest, register_digest
from chainboy.errors import EncodingError

GATEWAY, REQUESTER, HUB, NODE = (to_address(bytes([n]) * 20) for n in (1, 2, 3, 0xAB))
WORD, OTHER = b"\x11" * 32, b"\xfe" * 32

REQUEST = Request(
    chain_id=111_111,
    gateway=GATEWAY,
    requester=REQUESTER,
    nonce=7,
    program=WORD,
    input_hash=OTHER,
    price=10**16,
    tip=3,
    callback_gas=200_000,
    requested_at=1_700_000_000,
    params=2**185,
)

RECORD = Record(
    task_id=WORD,
    outcome_hash=OTHER,
    agreeing_weight=60,
    total_weight=100,
    rest_weight=20,
    winners_root=WORD,
    winners_count=3,
)


def test_request_hash_and_task_id() -> None:
    """Both are keccak-256 of the ABI encoding that the contracts make; the hash leaves out the params."""
    fields = (111_111, GATEWAY, REQUESTER, 7, WORD, OTHER, 10**16, 3, 200_000, 1_700_000_000)
    types = ["bytes32", "uint256", "address", "address", "uint256", "bytes32", "bytes32", *["uint256"] * 4]
    expected = keccak(encode(types, (keccak(text="ChainBoy.Request.v1"), *fields)))
    assert REQUEST.hash == expected
    named = encode(["bytes32", "bytes32", "uint256"], (keccak(text="ChainBoy.Task.v1"), expected, 2**185))
    assert REQUEST.task_id == keccak(named)


def test_commitment() -> None:
    """It binds task, attempt, node, outcome and salt."""
    types = ["bytes32", "bytes32", "uint256", "address", "bytes32", "bytes32"]
    values = (keccak(text="ChainBoy.Commitment.v1"), WORD, 2, NODE, OTHER, WORD)
    assert encoding.commitment(WORD, 2, NODE, OTHER, WORD) == keccak(encode(types, values))


def test_record_hash() -> None:
    """A static struct is encoded field by field."""
    types = ["bytes32", "(bytes32,bytes32,uint256,uint256,uint256,bytes32,uint256)"]
    fields = (WORD, OTHER, 60, 100, 20, WORD, 3)
    assert RECORD.hash == keccak(encode(types, (keccak(text="ChainBoy.Record.v1"), fields)))


def test_winner_leaf_is_hashed_twice() -> None:
    """As OpenZeppelin's standard tree hashes its leaves."""
    winner = Winner(rank=1, node=NODE, payout=HUB, weight=5)
    types = ["bytes32", "uint256", "address", "address", "uint256"]
    inner = keccak(encode(types, (keccak(text="ChainBoy.WinnerLeaf.v1"), 1, NODE, HUB, 5)))
    assert winner.leaf == keccak(inner)


def test_random_outcome_binds_the_order() -> None:
    """The payload hashes the contributions in commit order, under the task's name."""
    outcome = encoding.random_outcome(WORD, [WORD, OTHER])
    types = ["bytes32", "bytes32", "bytes32"]
    drawn = keccak(encode(types, (keccak(text="ChainBoy.Random.v1"), WORD, keccak(WORD + OTHER))))
    assert outcome == Outcome(Status.OK, 0, drawn)
    assert encoding.random_outcome(WORD, [OTHER, WORD]) != outcome


@pytest.mark.parametrize("value", [0, 1, -1, 2**200, -(2**200)])
def test_median_outcome(value: int) -> None:
    """The payload is the ABI encoding of one ``int256``."""
    assert encoding.median_outcome(value) == Outcome(Status.OK, 0, encode(["int256"], (value,)))


def _domain() -> dict[str, object]:
    return {"name": "ChainBoy", "version": "1", "chainId": 111_111, "verifyingContract": HUB}


def _typed_digest(name: str, fields: dict[str, str], message: dict[str, object]) -> bytes:
    types = {name: [{"name": field, "type": kind} for field, kind in fields.items()]}
    signable = encode_typed_data(_domain(), types, message)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_commit_digest() -> None:
    """What is signed for a commit is what eth-account signs for the same typed data."""
    fields = {"taskId": "bytes32", "commitment": "bytes32", "attempt": "uint256", "deadline": "uint256"}
    message = {"taskId": WORD, "commitment": OTHER, "attempt": 1, "deadline": 99}
    assert commit_digest(Domain(111_111, HUB), WORD, OTHER, 1, 99) == _typed_digest("Commit", fields, message)


def test_register_digest() -> None:
    """What is signed for a registration is what eth-account signs for the same typed data."""
    fields = {"node": "address", "owner": "address", "payout": "address"}
    message = {"node": NODE, "owner": REQUESTER, "payout": GATEWAY}
    made = register_digest(Domain(111_111, HUB), NODE, REQUESTER, GATEWAY)
    assert made == _typed_digest("Register", fields, message)


@pytest.mark.parametrize("value", [-1, 2**256, b"short", b"x" * 33, "0x12", "not hex"])
def test_what_has_no_word_is_refused(value: int | bytes | str) -> None:
    """A word is an unsigned integer, 32 bytes or an address, nothing else."""
    with pytest.raises(EncodingError):
        encoding.word(value)


@pytest.mark.parametrize("value", [2**255, -(2**255) - 1])
def test_what_is_no_int256_is_refused(value: int) -> None:
    """A signed word holds [-2**255, 2**255)."""
    with pytest.raises(EncodingError, match="int256"):
        encoding.signed_word(value)


def test_a_record_without_consensus_is_zero_but_for_task_and_total() -> None:
    """Its hash still names the task."""
    record = Record.without_consensus(WORD, 100)
    assert (record.has_consensus, RECORD.has_consensus) == (False, True)
    assert (record.task_id, record.total_weight) == (WORD, 100)
    assert (record.outcome_hash, record.winners_root) == (bytes(32), bytes(32))
    assert (record.agreeing_weight, record.rest_weight, record.winners_count) == (0, 0, 0)
