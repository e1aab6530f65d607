"""A network's contracts on a remote chain: where they are, and what is checked before they are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from chainboy.consensus.fields import address
from chainboy.consensus.signing import Domain
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.gateway import Gateway
from chainboy.errors import ConfigError, ContractRefused, EncodingError, VersionMismatch, WrongChain
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain


@attrs.frozen(kw_only=True)
class RemoteDeployment:
    """Where one network's contracts are on the remote chain ``chain_id``, and the hub they believe."""

    chain_id: int
    home_chain_id: int
    hub: Address = attrs.field(validator=address)
    verifier: Address = attrs.field(validator=address)
    gateway: Address = attrs.field(validator=address)

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of all signatures, checkpoints' too."""
        return Domain(home_chain_id=self.home_chain_id, hub=self.hub)

    def verifier_on(self, chain: Chain) -> CheckpointVerifier:
        """The verifier through ``chain``."""
        return CheckpointVerifier(chain, self.verifier)

    def gateway_on(self, chain: Chain) -> Gateway:
        """The gateway through ``chain``."""
        return Gateway(chain, self.gateway)

    def check(self, chain: Chain) -> None:
        """The handshake with the contracts, before anything is trusted or sent.

        Raises :class:`~chainboy.errors.WrongChain`, :class:`~chainboy.errors.VersionMismatch` when a contract
        is missing or of another version, and :class:`~chainboy.errors.ConfigError` when they believe another
        network's hub, or do not know each other.
        """
        chain.check()
        if chain.chain_id != self.chain_id:
            raise WrongChain(f"the deployment is on chain {self.chain_id}, not {chain.chain_id}; use that")
        verifier, gateway = self.verifier_on(chain), self.gateway_on(chain)
        for contract in (verifier, gateway):
            contract.check()
        try:
            wires = (
                ("gateway.verifier", gateway.verifier(), self.verifier),
                ("verifier.hub", verifier.hub(), self.hub),
                ("verifier.homeChainId", verifier.home_chain_id(), self.home_chain_id),
            )
            separator = verifier.domain_separator()
        except (EncodingError, ContractRefused) as error:
            raise VersionMismatch(f"a contract here is not what it should be ({error}); check it") from error
        for name, found, expected in wires:
            if found != expected:
                raise ConfigError(f"{name} is {found}, not {expected}; correct the deployment's addresses")
        if separator != self.domain.separator:
            raise VersionMismatch("the verifier believes another domain than this package; use matching ones")
