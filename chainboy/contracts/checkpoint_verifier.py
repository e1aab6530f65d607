"""The verifier of a remote chain: it believes the checkpoints that a majority of tokens signed."""

from __future__ import annotations

from chainboy.consensus.profiles import VerifierProfile
from chainboy.contracts.contract import Contract, structure
from chainboy.units import Address, Digest, Timestamp


class CheckpointVerifier(Contract):
    """``CheckpointVerifier``: it stands in for the hub of the home chain."""

    ABI = "CheckpointVerifier"

    def hub(self) -> Address:
        """The hub whose records it believes."""
        return Address(self._read("hub"))

    def home_chain_id(self) -> int:
        """The chain of that hub."""
        return int(self._read("homeChainId"))

    def guardian(self) -> Address:
        """Who may name a distribution of stake once the kept one is too old."""
        return Address(self._read("guardian"))

    def profile(self) -> VerifierProfile:
        """The figures of this deployment."""
        profile: VerifierProfile = structure(VerifierProfile, self._read("profile"))
        return profile

    def domain_separator(self) -> Digest:
        """The EIP-712 domain separator of the signatures it takes."""
        return Digest(self._read("domainSeparator"))

    def live_until(self) -> Timestamp:
        """Until when (exclusive, block time) it can learn of new records."""
        return Timestamp(self._read("liveUntil"))
