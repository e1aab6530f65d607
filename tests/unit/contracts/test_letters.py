"""What nodes hand in to be carried: text and back, and whose it is."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring import keys, mirrored, recover

from chainboy.consensus.fields import to_address
from chainboy.consensus.round_book import RevealEntry
from chainboy.consensus.signing import Domain, commit_message
from chainboy.contracts.hub import Attestation, CommitEntry
from chainboy.contracts.letters import (
    MOST_BYTES,
    AttestationLetter,
    CommitLetter,
    Letter,
    RevealLetter,
    read_letter,
)
from chainboy.errors import EncodingError

ADDRESSES = st.binary(min_size=20, max_size=20).map(to_address)
HASHES = st.binary(min_size=32, max_size=32)
UINTS = st.integers(0, 2**256 - 1)
SIGNATURES = st.binary(max_size=70)
LETTERS = st.one_of(
    st.builds(
        CommitLetter,
        request_hash=HASHES,
        params=UINTS,
        entry=st.builds(
            CommitEntry,
            node=ADDRESSES,
            attempt=UINTS,
            commitment=HASHES,
            deadline=UINTS,
            signature=SIGNATURES,
        ),
    ),
    st.builds(
        RevealLetter,
        task_id=HASHES,
        entry=st.builds(
            RevealEntry,
            node=ADDRESSES,
            payout=ADDRESSES,
            weight=UINTS,
            outcome=st.binary(max_size=1_024),
            salt=HASHES,
        ),
    ),
    st.builds(
        AttestationLetter,
        number=UINTS,
        entry=st.builds(Attestation, node=ADDRESSES, signature=SIGNATURES),
    ),
)
DOMAIN = Domain(home_chain_id=5, hub=to_address(b"\xcc" * 20))
SIGNER, OTHER = keys(2)


def signed() -> CommitLetter:
    """A commitment, signed by its node."""
    entry = CommitEntry(node=SIGNER.address, attempt=1, commitment=b"\x02" * 32, deadline=9)  # type: ignore[arg-type]
    letter = CommitLetter(request_hash=b"\x01" * 32, params=7, entry=entry)  # type: ignore[arg-type]
    message = commit_message(DOMAIN, letter.task_id, entry.commitment, entry.attempt, entry.deadline)
    return attrs.evolve(letter, entry=attrs.evolve(entry, signature=SIGNER.sign(message)))


@given(LETTERS)
def test_text_and_back(letter: Letter) -> None:
    """Whatever the largest letter says, its text is short enough."""
    text = letter.to_json().encode()
    assert read_letter(text) == letter
    assert len(text) <= MOST_BYTES


def test_who_signed() -> None:
    """Every field is bound, and so is the hub."""
    letter = signed()
    assert letter.is_signed(DOMAIN, recover)
    assert not letter.is_signed(attrs.evolve(DOMAIN, home_chain_id=6), recover)
    assert not attrs.evolve(letter, params=8).is_signed(DOMAIN, recover)
    entry = letter.entry
    changes: list[dict[str, object]] = [
        {"node": OTHER.address},
        {"attempt": 2},
        {"commitment": b"\x03" * 32},
        {"deadline": 10},
        {"signature": mirrored(entry.signature)},
        {"signature": b""},
    ]
    for change in changes:
        assert not attrs.evolve(letter, entry=attrs.evolve(entry, **change)).is_signed(DOMAIN, recover)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b'{"kind": "letter"}', b'{"kind": "reveal"}', b"{" * 1_000, b" " * (MOST_BYTES + 1)],
    ids=["empty", "list", "bare", "kind", "fields", "deep", "long"],
)
def test_what_is_no_letter(text: bytes) -> None:
    """Told in one sentence."""
    with pytest.raises(EncodingError):
        read_letter(text)
