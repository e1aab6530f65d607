"""What nodes sign: EIP-712 messages in the one domain of the home chain's hub.

A signer is given the message; who checks the signature needs its keccak256, the digest, alone.

Rule: protocol, section 3. The domain is the same on every chain: (``ChainBoy``, ``1``, home chain id, hub).
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.encoding import hash_words, keccak
from chainboy.consensus.fields import WORD_BYTES, ZERO_ADDRESS, address, uint
from chainboy.units import Address, Digest, TaskId, Timestamp

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_NAME = keccak(b"ChainBoy")
_VERSION = keccak(b"1")
_COMMIT = keccak(b"Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)")
_REGISTER = keccak(b"Register(address node,address owner,address payout)")
_CHECKPOINT = keccak(
    b"Checkpoint(uint256 number,uint256 epoch,bytes32 stakeHash,uint256 stakeTotal,"
    b"bytes32 recordsRoot,uint256 recordsCount,uint256 homeBlock)"
)

SIGNATURE_BYTES = 65
"""Length of a signature: r, s and v."""

Recover = Callable[[Digest, bytes], Address | None]
"""Whose 65-byte signature over a digest this is; ``None``: nobody's. Shape and low s are checked before."""

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_VALID_V = (27, 28)


@attrs.frozen
class Domain:
    """The EIP-712 domain of one network."""

    home_chain_id: int = attrs.field(validator=uint(256))
    hub: Address = attrs.field(validator=address)

    @property
    def separator(self) -> Digest:
        """The EIP-712 domain separator."""
        return hash_words(_DOMAIN, _NAME, _VERSION, self.home_chain_id, self.hub)

    def message(self, struct_hash: Digest) -> bytes:
        """What is signed for a struct with this hash: 66 bytes, 0x19 0x01 ‖ separator ‖ hash."""
        return b"\x19\x01" + self.separator + struct_hash


def commit_message(
    domain: Domain, task_id: TaskId, commitment: Digest, attempt: int, deadline: Timestamp
) -> bytes:
    """What a node signs so that anyone may carry its commitment before ``deadline`` (block time)."""
    return domain.message(hash_words(_COMMIT, task_id, commitment, attempt, deadline))


def commit_digest(
    domain: Domain, task_id: TaskId, commitment: Digest, attempt: int, deadline: Timestamp
) -> Digest:
    """The digest of :func:`commit_message`."""
    return keccak(commit_message(domain, task_id, commitment, attempt, deadline))


def register_message(domain: Domain, node: Address, owner: Address, payout: Address) -> bytes:
    """What a node signs so that ``owner`` may register it, with rewards going to ``payout``."""
    return domain.message(hash_words(_REGISTER, node, owner, payout))


def register_digest(domain: Domain, node: Address, owner: Address, payout: Address) -> Digest:
    """The digest of :func:`register_message`."""
    return keccak(register_message(domain, node, owner, payout))


def checkpoint_digest(domain: Domain, checkpoint: Checkpoint) -> Digest:
    """The digest of :func:`checkpoint_message`."""
    return keccak(checkpoint_message(domain, checkpoint))


def checkpoint_message(domain: Domain, checkpoint: Checkpoint) -> bytes:
    """What a node signs for a sealed checkpoint. Rule: protocol, section 10."""
    return domain.message(
        hash_words(
            _CHECKPOINT,
            checkpoint.number,
            checkpoint.epoch,
            checkpoint.stake_hash,
            checkpoint.stake_total,
            checkpoint.records_root,
            checkpoint.records_count,
            checkpoint.home_block,
        )
    )


def signer_of(digest: Digest, signature: bytes, recover: Recover) -> Address:
    """Whose signature over ``digest`` this is; the zero address when the contracts take it for nobody's.

    65 bytes r ‖ s ‖ v, low s, v 27 or 28. Rule: protocol, section 3.
    """
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in _VALID_V:
        return ZERO_ADDRESS
    r, s = (int.from_bytes(signature[at : at + WORD_BYTES], "big") for at in (0, WORD_BYTES))
    if not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        return ZERO_ADDRESS
    return recover(digest, signature) or ZERO_ADDRESS
