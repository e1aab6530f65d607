"""Deploys a network's contracts on a remote chain, where signed checkpoints stand in for the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import Signer
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.profiles import GatewayProfile, VerifierProfile
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.making import Maker
from chainboy.contracts.profile import Profile
from chainboy.contracts.remote import RemoteDeployment, least_settle_time, make_remote, remote_gateway
from chainboy.errors import ConfigError, VersionMismatch
from chainboy.networks.deploying import alone, already, anew, journal_of, settle, silent
from chainboy.networks.file import add_contracts, rehearse
from chainboy.networks.genesis import load_genesis, read_genesis
from chainboy.networks.journal import DeployJournal, Start, Tell, Terms
from chainboy.networks.network import NetworkChain
from chainboy.units import Address, Digest, Epoch, Weight


def deploy_remote(
    path: Path,
    chain: int | str,
    signer: Signer,
    *,
    guardian: Address | None = None,
    treasurer: Address | None = None,
    genesis: Path | None = None,
    tell: Tell = silent,
) -> RemoteDeployment:
    """Put verifier and gateway on the remote chain of this name or id in the network file ``path``.

    ``guardian`` may name a distribution of stake once the kept one is too old, ``treasurer`` may move what
    the gateway earns; both are the deployer by default. The first distribution is that of ``genesis``, a
    file, or else of the home chain's newest final block. Goes on where it was stopped, and raises, as
    :func:`~chainboy.networks.deploying.deploy_home` does.
    """
    with alone(path) as network:
        remote = network.remote(chain)
        if remote.contracts is not None:
            return already(path, remote, signer.address, "remote", tell)
        home = network.deployment
        rehearse(path, remote.profile.chain_id)
        home_chain, connected = network.connect_home(), remote.connect()
        profile = _profile_of(home, home_chain)
        figures = profile.verifier
        terms = Terms(kind="remote", chain_id=connected.chain_id, deployer=signer.address)
        given = None if genesis is None else load_genesis(genesis, home_chain, home)

        def begin() -> Start:
            return _start(given or read_genesis(home_chain, home))

        journal = DeployJournal.open(journal_of(path), terms, begin, tell)
        stake = _stake(journal.terms.start)
        if given is not None and given != stake:
            raise ConfigError(
                f"{journal.path} began with another distribution than {genesis} has; give that one"
            )
        _require_trusted(stake, figures, connected)
        gateway = _gateway(remote, profile, home_chain.profile)
        treasurer = signer.address if treasurer is None else treasurer
        guardian = signer.address if guardian is None else guardian
        maker = Maker(Sender(connected, signer), journal, anew=anew(path))
        deployment = make_remote(
            maker, home, figures, gateway, genesis=stake, guardian=guardian, treasurer=treasurer
        )
        settle(maker.sender, journal, tell)
        _check_figures(deployment, connected, figures, gateway, (guardian, treasurer))
        add_contracts(path, deployment)
        journal.remove()
        return deployment


def _gateway(
    remote: NetworkChain[RemoteDeployment], home: Profile, home_chain: ChainProfile
) -> GatewayProfile:
    """The gateway's figures: the home's, with time to settle, and what the file has in their place."""
    changes: dict[str, Any] = dict(remote.gateway)
    gateway = attrs.evolve(remote_gateway(home, home_chain, remote.profile), **changes)
    least = least_settle_time(home, home_chain, remote.profile)
    if gateway.settle_time < least:
        raise ConfigError(
            f"gateway.settle_time of {remote.title} is {gateway.settle_time}, less than two seal intervals "
            f"and the confirmations of both chains take; give {least} or more"
        )
    return gateway


def _profile_of(home: Deployment, chain: Chain) -> Profile:
    return Profile(
        registry=home.registry_on(chain).profile(),
        hub=home.hub_on(chain).profile(),
        gateway=home.gateway_on(chain).profile(),
    )


def _start(stake: TrustedStake) -> Start:
    return {
        "epoch": stake.epoch,
        "stake_hash": f"0x{stake.stake_hash.hex()}",
        "stake_total": stake.stake_total,
    }


def _stake(start: Start) -> TrustedStake:
    return TrustedStake(
        epoch=Epoch(int(start["epoch"])),
        stake_hash=Digest(bytes.fromhex(str(start["stake_hash"]).removeprefix("0x"))),
        stake_total=Weight(int(start["stake_total"])),
    )


def _require_trusted(stake: TrustedStake, figures: VerifierProfile, chain: Chain) -> None:
    """A distribution out of its trust period would make a verifier that believes nobody."""
    end = figures.genesis_time + stake.epoch * figures.epoch_length + figures.trust_period
    now = chain.head().timestamp
    if now >= end:
        raise ConfigError(
            f"the distribution of epoch {stake.epoch} was to be trusted until {end}, and it is {now} on "
            f"{chain.profile.name}; give a newer one"
        )


def _check_figures(
    deployment: RemoteDeployment,
    chain: Chain,
    figures: VerifierProfile,
    gateway: GatewayProfile,
    privileged: tuple[Address, Address],
) -> None:
    """What constructors were given, as the contracts have it."""
    verifier, place = deployment.verifier_on(chain), deployment.gateway_on(chain)
    found = (verifier.profile(), place.profile(), (verifier.guardian(), place.treasurer()))
    if found != (figures, gateway, privileged):
        raise VersionMismatch(
            "the contracts have other figures than they were made with; use another endpoint"
        )
