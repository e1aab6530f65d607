"""Encodings: one text or word for one value, and back, against ``eth_abi``."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from hypothesis import assume, given
from hypothesis import strategies as st

from chainboy.consensus import encoding
from chainboy.consensus.fields import address_bytes, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Params
from chainboy.consensus.proof import Inclusion, ProvenBallot, TaskProof
from chainboy.consensus.record import Record
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.errors import EncodingError, ProofInvalid
from chainboy.testing.strategies import OUTCOMES, PARAMS, RECORDS, REQUESTS, rounds, uints

HUB = to_address(b"\x01" * 20)
SALT = b"\x02" * 32


@given(outcome=OUTCOMES)
def test_outcomes(outcome: Outcome) -> None:
    """As eth_abi encodes them, and back."""
    data = outcome.encode()
    assert data == encode(["uint8", "uint64", "bytes"], (int(outcome.status), outcome.fuel, outcome.payload))
    assert Outcome.decode(data) == outcome


@given(data=st.binary(max_size=400))
def test_random_bytes_are_hardly_outcomes(data: bytes) -> None:
    """What decodes is canonical; everything else is refused, never anything worse."""
    with suppress(EncodingError):
        assert Outcome.decode(data).encode() == data


@given(params=PARAMS)
def test_params(params: Params) -> None:
    """There and back, in 192 bits."""
    assert Params.unpack(params.pack()) == params
    assert params.pack() >> 192 == 0


@given(word=uints())
def test_words_are_rules_or_refused(word: int) -> None:
    """Unpacking loses nothing."""
    with suppress(Refused):
        assert Params.unpack(word).pack() == word


@given(raw=st.binary(min_size=20, max_size=20))
def test_addresses(raw: bytes) -> None:
    """As eth-utils writes them, and back."""
    assert to_address(raw) == to_checksum_address(raw)
    assert address_bytes(to_address(raw)) == raw


@given(one=REQUESTS, other=REQUESTS)
def test_requests_have_their_own_names(one: Request, other: Request) -> None:
    """Two requests share a task id only if they are the same."""
    assert (one.task_id == other.task_id) == (one == other)


@given(one=RECORDS, other=RECORDS)
def test_records_have_their_own_hashes(one: Record, other: Record) -> None:
    """Two records share a hash only if they are the same."""
    assert (one.hash == other.hash) == (one == other)


@st.composite
def proofs(draw: st.DrawFn) -> TaskProof:
    """A proof of any round, at any place among some records."""
    rules, total, ballots = draw(rounds(most=5))
    request = Request(
        chain_id=draw(uints()),
        gateway=HUB,
        requester=HUB,
        nonce=draw(uints()),
        program=bytes(32),
        input_hash=encoding.keccak(b"in"),
        price=draw(uints()),
        tip=0,
        callback_gas=0,
        requested_at=0,
        params=rules.pack(),
    )
    committed = sum(ballot.weight for ballot in ballots)
    shown: dict[str, Any] = {
        "home_chain_id": 1,
        "hub": HUB,
        "request": request,
        "input": b"in",
        "attempt": 1,
        "total_weight": min(max(total, committed), 2 * committed - 1),
        "ballots": [_proven(request, ballot) for ballot in ballots],
    }
    before = [encoding.keccak(bytes([i])) for i in range(draw(st.integers(0, 5)))]
    lone = Inclusion.of(Accumulator([bytes(32)]), 0, 1, bytes(32))
    leaf = TaskProof.build(**shown, inclusion=lone).record.hash
    after = [encoding.keccak(bytes([i])) for i in range(draw(st.integers(0, 5)))]
    place = Inclusion.of(Accumulator([*before, leaf, *after]), len(before), draw(uints()), SALT)
    return TaskProof.build(**shown, inclusion=place)


def _proven(request: Request, ballot: Any) -> ProvenBallot:
    outcome = None if ballot.word is None else Outcome(Status.OK, 0, ballot.word).encode()
    hashed = encoding.keccak(outcome or b"")
    return ProvenBallot(
        node=ballot.node,
        payout=ballot.payout,
        weight=ballot.weight,
        commitment=encoding.commitment(request.task_id, 1, ballot.node, hashed, SALT),
        outcome=outcome,
        salt=None if outcome is None else SALT,
    )


@given(proof=proofs())
def test_proofs(proof: TaskProof) -> None:
    """Every round has one that verifies, and one text for it."""
    proof.verify(expected_root=proof.inclusion.records_root, expected_hub=HUB, expected_chain_id=1)
    text = proof.to_json()
    assert TaskProof.from_json(text) == proof
    assert TaskProof.from_json(text).to_json() == text


@given(
    proof=proofs(),
    spot=st.integers(0, 10**6),
    cut=st.integers(0, 2),
    more=st.text('0123456789abfx"{}[],: \n', max_size=2),
)
def test_no_changed_proof_passes(proof: TaskProof, spot: int, cut: int, more: str) -> None:
    """Bytes changed, taken out or put in anywhere."""
    text = proof.to_json()
    at = spot % len(text)
    changed = text[:at] + more + text[at + cut :]
    assume(changed != text)
    with pytest.raises(ProofInvalid):
        TaskProof.from_json(changed).verify()
