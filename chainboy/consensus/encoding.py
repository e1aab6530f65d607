"""The preimages the contracts hash, and their digests.

Rule: protocol, section 3 "Encoding". A preimage is ``abi.encode`` of words, the first of them the
keccak-256 of a versioned type string; dynamic fields enter as their keccak-256, so the encoding is the words
one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from eth_hash.auto import keccak as _keccak

from chainboy.consensus.fields import WORD_BYTES, address_bytes
from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import EncodingError
from chainboy.units import Address, Digest, Fuel, TaskId, Weight


def keccak(data: bytes) -> Digest:
    """The keccak-256 of ``data``, 32 bytes."""
    return Digest(_keccak(data))


REQUEST = keccak(b"ChainBoy.Request.v1")
TASK = keccak(b"ChainBoy.Task.v1")
COMMITMENT = keccak(b"ChainBoy.Commitment.v1")
RECORD = keccak(b"ChainBoy.Record.v1")
WINNER_LEAF = keccak(b"ChainBoy.WinnerLeaf.v1")
RANDOM = keccak(b"ChainBoy.Random.v1")
STAKE_LIST = keccak(b"ChainBoy.StakeList.v1")


def word(value: int | bytes | Address) -> bytes:
    """One ABI word: an unsigned integer, 32 bytes as they are, or an EIP-55 address.

    Raises :class:`EncodingError` for anything that has no word.
    """
    if isinstance(value, str):
        return address_bytes(value).rjust(WORD_BYTES, b"\0")
    if isinstance(value, bytes):
        if len(value) != WORD_BYTES:
            raise EncodingError(f"a hash has 32 bytes, this one {len(value)}; give all of them")
        return value
    try:
        return value.to_bytes(WORD_BYTES, "big")
    except OverflowError as error:
        raise EncodingError(f"{value} is outside [0, 2**256); no word holds it") from error


def signed_word(value: int) -> bytes:
    """One ABI word of an ``int256``; raises :class:`EncodingError` outside its range."""
    try:
        return value.to_bytes(WORD_BYTES, "big", signed=True)
    except OverflowError as error:
        raise EncodingError(f"{value} is outside [-2**255, 2**255); no int256 holds it") from error


def hash_words(*values: int | bytes | Address) -> Digest:
    """keccak-256 of ``abi.encode(*values)``, all of them static."""
    return keccak(b"".join(map(word, values)))


def task_id(request_hash: Digest, params: int) -> TaskId:
    """Names the task: the request and the word of rules it is tallied under. Rule: protocol, section 4."""
    return TaskId(hash_words(TASK, request_hash, params))


def commitment(task_id: TaskId, attempt: int, node: Address, outcome_hash: Digest, salt: bytes) -> Digest:
    """What a node commits to before anyone reveals; of no use to another node. Rule: protocol, section 6."""
    return hash_words(COMMITMENT, task_id, attempt, node, outcome_hash, salt)


def winner_leaf(rank: int, node: Address, payout: Address, weight: Weight) -> Digest:
    """A leaf of the winner tree, hashed twice. Rule: protocol, sections 3 and 7."""
    return keccak(hash_words(WINNER_LEAF, rank, node, payout, weight))


def stake_hash(words: Iterable[int]) -> Digest:
    """Binds a distribution of stake, each word ``node << 96 | weight``, in the list's order.

    The list is the one dynamic field. Rule: protocol, section 10.
    """
    return hash_words(STAKE_LIST, keccak(b"".join(map(word, words))))


def random_outcome(task_id: TaskId, contributions: Iterable[bytes]) -> Outcome:
    """The outcome of a RANDOM task, from the revealed contributions (32 bytes each) in commit order.

    Rule: protocol, section 6 "Modes".
    """
    drawn = hash_words(RANDOM, task_id, keccak(b"".join(map(word, contributions))))
    return Outcome(Status.OK, Fuel(0), drawn)


def median_outcome(value: int) -> Outcome:
    """The outcome of a MEDIAN task whose median is ``value``. Rule: protocol, section 6 "Modes"."""
    return Outcome(Status.OK, Fuel(0), signed_word(value))
