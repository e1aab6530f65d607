"""What nodes sign: EIP-712 digests in the one domain of the home chain's hub.

Rule: protocol, section 3. The domain is the same on every chain: (``ChainBoy``, ``1``, home chain id, hub).
"""

from __future__ import annotations

import attrs

from chainboy.consensus.encoding import hash_words, keccak
from chainboy.consensus.fields import address, uint
from chainboy.units import Address, Digest, TaskId, Timestamp

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_NAME = keccak(b"ChainBoy")
_VERSION = keccak(b"1")
_COMMIT = keccak(b"Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)")
_REGISTER = keccak(b"Register(address node,address owner,address payout)")


@attrs.frozen
class Domain:
    """The EIP-712 domain of one network."""

    home_chain_id: int = attrs.field(validator=uint(256))
    hub: Address = attrs.field(validator=address)

    @property
    def separator(self) -> Digest:
        """The EIP-712 domain separator."""
        return hash_words(_DOMAIN, _NAME, _VERSION, self.home_chain_id, self.hub)

    def digest(self, struct_hash: Digest) -> Digest:
        """What is signed for a struct with this hash."""
        return keccak(b"\x19\x01" + self.separator + struct_hash)


def commit_digest(
    domain: Domain, task_id: TaskId, commitment: Digest, attempt: int, deadline: Timestamp
) -> Digest:
    """What a node signs so that anyone may carry its commitment before ``deadline`` (block time)."""
    return domain.digest(hash_words(_COMMIT, task_id, commitment, attempt, deadline))


def register_digest(domain: Domain, node: Address, owner: Address, payout: Address) -> Digest:
    """What a node signs so that ``owner`` may register it, with rewards going to ``payout``."""
    return domain.digest(hash_words(_REGISTER, node, owner, payout))
