"""A network's contracts on a remote chain: where they are, and what is checked before they are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from chainboy.chain.profile import ChainProfile
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.fields import address
from chainboy.consensus.profiles import GatewayProfile, VerifierProfile
from chainboy.consensus.refusal import Refused
from chainboy.consensus.signing import Domain
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.handshake import Wire, check_place, check_wires
from chainboy.contracts.making import Maker, MemoryCreations
from chainboy.contracts.profile import Profile
from chainboy.errors import ConfigError
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender


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
        verifier, gateway = self.verifier_on(chain), self.gateway_on(chain)
        check_place(chain, self.chain_id, (verifier, gateway))
        wires = (
            Wire("gateway.verifier", gateway.verifier, self.verifier),
            Wire("verifier.hub", verifier.hub, self.hub),
            Wire("verifier.homeChainId", verifier.home_chain_id, self.home_chain_id),
        )
        check_wires(wires, verifier.domain_separator, self.domain)


def remote_gateway(home: Profile, home_chain: ChainProfile, remote_chain: ChainProfile) -> GatewayProfile:
    """The figures of a network's gateway on a remote chain: the home gateway's, with time to settle there."""
    needed = least_settle_time(home, home_chain, remote_chain)
    return attrs.evolve(home.gateway, settle_time=max(home.gateway.settle_time, needed))


def least_settle_time(home: Profile, home_chain: ChainProfile, remote_chain: ChainProfile) -> int:
    """Seconds that a result needs at most from its round's end to a remote gateway.

    A record may have to wait for two checkpoints, and each chain's blocks for their confirmations. Rule:
    protocol, section 4.
    """
    waits = sum(chain.confirmations * chain.block_seconds for chain in (home_chain, remote_chain))
    return 2 * home.hub.min_seal_interval + waits


def deploy_remote(
    sender: Sender,
    profile: Profile,
    home: Deployment,
    genesis: TrustedStake,
    *,
    guardian: Address,
    treasurer: Address,
) -> RemoteDeployment:
    """Put verifier and gateway of ``home``'s network on ``sender``'s chain, trusting ``genesis`` first.

    ``profile`` has the home chain's figures, and those of this gateway. Raises
    :class:`~chainboy.errors.ConfigError` for figures with a broken relation, before anything is sent.
    """
    maker = Maker(sender, MemoryCreations())
    return make_remote(
        maker,
        home,
        profile.verifier,
        profile.gateway,
        genesis=genesis,
        guardian=guardian,
        treasurer=treasurer,
    )


def make_remote(
    maker: Maker,
    home: Deployment,
    figures: VerifierProfile,
    gateway: GatewayProfile,
    *,
    genesis: TrustedStake,
    guardian: Address,
    treasurer: Address,
) -> RemoteDeployment:
    """Like :func:`deploy_remote`; what ``maker`` has kept is there already, and is checked and gone on from.

    ``genesis`` is the distribution of stake that all trust begins with, ``guardian`` who may name another
    once the kept one is too old.
    """
    chain = maker.sender.chain
    try:
        figures.validate(chain.head().timestamp)
        gateway.validate(chain.fees().block_gas)
    except Refused as error:
        raise ConfigError(
            f"these figures break {error.arguments[0]}; choose some for which it holds"
        ) from error
    verifier = maker.make("CheckpointVerifier", home.chain_id, home.hub, genesis, figures, guardian)
    place = maker.make("TaskGateway", verifier, treasurer, gateway)
    deployment = RemoteDeployment(
        chain_id=chain.chain_id,
        home_chain_id=home.chain_id,
        hub=home.hub,
        verifier=verifier,
        gateway=place,
    )
    deployment.check(chain)
    return deployment
