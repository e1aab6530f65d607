"""Distributions of stake: their words, hash and texts, what is refused, and what changed between two."""

from __future__ import annotations

import attrs
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.stake_difference import Change, StakeDifference
from chainboy.errors import EncodingError

NODES = [to_address(n.to_bytes(20, "big")) for n in range(1, 400)]
A, B, C, D = NODES[:4]
MOST = 2**96 - 1
LIST = StakeDistribution(((A, 5), (B, MOST), (D, 1)))


def test_words_and_hash() -> None:
    """Node above 96 bits of weight; the type's hash and that of the words one after the other."""
    assert LIST.words == (1 << 96 | 5, 2 << 96 | MOST, 4 << 96 | 1)
    joined = b"".join(word.to_bytes(32, "big") for word in LIST.words)
    head = keccak(b"ChainBoy.StakeList.v1")
    assert LIST.hash == keccak(encode(["bytes32", "bytes32"], [head, keccak(joined)]))


def test_lookups() -> None:
    """Total, number, nodes, and what each weighs."""
    assert (LIST.total, len(LIST), LIST.nodes) == (MOST + 6, 3, (A, B, D))
    assert (LIST.weight_of(B), LIST.weight_of(C)) == (MOST, 0)


def test_a_list_of_nobody() -> None:
    """It has a hash of its own and no total; no checkpoint names it."""
    nobody = StakeDistribution(())
    assert (nobody.words, nobody.total, len(nobody)) == ((), 0, 0)
    assert nobody.hash == keccak(keccak(b"ChainBoy.StakeList.v1") + keccak(b""))
    assert StakeDistribution.from_json(nobody.to_json()) == nobody


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (((B, 1), (A, 1)), "does not come after"),
        (((A, 1), (A, 1)), "does not come after"),
        (((ZERO_ADDRESS, 1),), "does not come after"),
        (((A, 0),), "weighs nothing"),
        (((A, MOST + 1),), "2\\*\\*96"),
        (((A, -1),), "2\\*\\*96"),
        (((A, True),), "2\\*\\*96"),
        ((("0xAb", 1),), "20 bytes"),
        (tuple((node, 1) for node in NODES[:257]), "257 nodes are more than the active set's 256"),
    ],
)
def test_lists_that_are_none(entries: tuple[tuple[str, int], ...], reason: str) -> None:
    """Unsorted, twice the same, weightless, too heavy, too many."""
    with pytest.raises(EncodingError, match=reason):
        StakeDistribution(entries)


def test_a_full_list() -> None:
    """256 nodes."""
    entries = tuple((node, MOST) for node in NODES[:256])
    assert StakeDistribution.of(reversed(entries)).entries == entries
    assert StakeDistribution.from_json(StakeDistribution(entries).to_json()).entries == entries


def test_from_words() -> None:
    """The reverse of the words."""
    assert StakeDistribution.from_words(LIST.words) == LIST
    assert StakeDistribution.from_words([2**256 - 1]).entries == ((to_address(b"\xff" * 20), MOST),)


@pytest.mark.parametrize(
    "words",
    [
        [2**256],
        [-1],
        ["1"],
        [5],
        [1 << 96],
        [2 << 96 | 1, 1 << 96 | 1],
        [1 << 96 | 1, 1 << 96 | 2],
    ],
)
def test_words_that_are_no_list(words: list[int]) -> None:
    """Outside a word, without node or weight, unsorted, twice the same node."""
    with pytest.raises(EncodingError):
        StakeDistribution.from_words(words)


def test_text() -> None:
    """One text for one list, which binds its hash."""
    text = LIST.to_json()
    assert StakeDistribution.from_json(text) == StakeDistribution.from_json(text.encode()) == LIST
    assert text.startswith(f'{{\n  "stakeHash": "0x{LIST.hash.hex()}",\n  "stakeTotal": "{MOST + 6}",\n')
    assert f'    {{\n      "node": "{D}",\n      "weight": "1"\n    }}\n' in text


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"weight": "5"', '"weight": "6"', "line 2 is not in the canonical form"),
        ('"weight": "5"', '"weight": 5', r"entries\[0\].weight is no decimal"),
        ('"weight": "5"', '"weight": "0"', "weighs nothing"),
        (f'"stakeTotal": "{MOST + 6}"', '"stakeTotal": "1"', "line 3 is not"),
        ("0x" + "0" * 39 + "1", "0x1", r"entries\[0\].node is no EIP-55 address"),
        ('"entries": [', '"entry": [', "entries is missing"),
        ("{", "", "no JSON"),
        ("\n}\n", "\n}", "line last"),
    ],
)
def test_texts_that_are_none(old: str, new: str, reason: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(EncodingError, match=reason):
        StakeDistribution.from_json(LIST.to_json().replace(old, new, 1))


@attrs.frozen
class Changed:
    """An event of the registry."""

    node: str
    from_epoch: int
    weight: int


def test_at_an_epoch() -> None:
    """The last change that counts by then; zero takes a node out."""
    changes = [
        Changed(A, 1, 3),
        Changed(B, 1, 7),
        Changed(A, 1, 4),
        Changed(B, 3, 0),
        Changed(C, 3, 9),
        Changed(B, 4, 2),
    ]
    assert StakeDistribution.at_epoch(changes, 0).entries == ()
    assert StakeDistribution.at_epoch(changes, 1).entries == ((A, 4), (B, 7))
    assert StakeDistribution.at_epoch(changes, 2).entries == ((A, 4), (B, 7))
    assert StakeDistribution.at_epoch(changes, 3).entries == ((A, 4), (C, 9))
    assert StakeDistribution.at_epoch(changes, 4).entries == ((A, 4), (B, 2), (C, 9))


def test_a_late_page_of_events() -> None:
    """An older change read after a newer one does not undo it."""
    changes = [Changed(A, 2, 5), Changed(A, 1, 3)]
    assert StakeDistribution.at_epoch(changes, 2).entries == ((A, 5),)
    assert StakeDistribution.at_epoch(changes, 1).entries == ((A, 3),)


def test_differences() -> None:
    """Who joined, who left, and who weighs another amount."""
    new = StakeDistribution(((A, 6), (C, 2), (D, 1)))
    difference = StakeDifference.between(LIST, new)
    assert difference.changes == (Change(A, 5, 6), Change(B, MOST, 0), Change(C, 0, 2))
    assert difference.joined == (Change(C, 0, 2),)
    assert difference.left == (Change(B, MOST, 0),)
    assert difference.changed == (Change(A, 5, 6),)
    assert difference.apply(LIST) == new
    assert StakeDifference.between(LIST, LIST).changes == ()


def test_a_difference_of_another_list() -> None:
    """It is refused where it shows."""
    difference = StakeDifference((Change(C, 3, 4),))
    with pytest.raises(EncodingError, match=f"{C} did not weigh 3"):
        difference.apply(LIST)
