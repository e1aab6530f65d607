"""A remote chain of a local network: a chain of its own with verifier and gateway on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import attrs

from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.contracts.remote import RemoteDeployment, deploy_remote
from chainboy.testing.backends import FAUCET_KEY, Backend

if TYPE_CHECKING:
    from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
    from chainboy.contracts.deployment import Deployment
    from chainboy.contracts.gateway import Gateway
    from chainboy.contracts.profile import Profile


@attrs.frozen(kw_only=True)
class LocalRemote:
    """One remote chain, deployed and ready; the faucet is its guardian and treasurer."""

    name: str
    backend: Backend
    chain: Chain
    deployment: RemoteDeployment

    @classmethod
    def deploy(
        cls, name: str, backend: Backend, home: Deployment, profile: Profile, genesis: TrustedStake
    ) -> Self:
        """Put the contracts on ``backend``, whose clock must not be behind the genesis epoch's start."""
        chain_id = backend.web3.eth.chain_id
        chain = Chain(backend.web3, attrs.evolve(ChainProfile.local(chain_id), name=name))
        faucet = Sender(chain, KeySigner(FAUCET_KEY))
        deployment = deploy_remote(
            faucet, profile, home, genesis, guardian=faucet.address, treasurer=faucet.address
        )
        return cls(name=name, backend=backend, chain=chain, deployment=deployment)

    @property
    def gateway(self) -> Gateway:
        """Where tasks are asked for."""
        return self.deployment.gateway_on(self.chain)

    @property
    def verifier(self) -> CheckpointVerifier:
        """What believes the home chain's checkpoints."""
        return self.deployment.verifier_on(self.chain)
