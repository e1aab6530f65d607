"""Deploys a network's contracts and writes their addresses into its file; goes on wherever it was stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from chainboy.chain.client import Chain
from chainboy.chain.sender import Sender
from chainboy.chain.signer import Signer
from chainboy.contracts.deployment import Deployment, make_home
from chainboy.contracts.making import Maker
from chainboy.contracts.profile import Profile
from chainboy.contracts.runtime import check_code
from chainboy.errors import ChainError, ConfigError, VersionMismatch
from chainboy.networks.atomic import locked
from chainboy.networks.file import add_contracts, rehearse
from chainboy.networks.journal import DeployJournal, Start, Tell, Terms
from chainboy.networks.network import D, Network, NetworkChain, contracts_of
from chainboy.units import Address, Timestamp

SUFFIX = ".deploying"
"""What the journal's name has after the network file's."""


def silent(_: str) -> None:
    """Tell nobody."""


def deploy_home(
    path: Path,
    signer: Signer,
    *,
    treasurer: Address | None = None,
    curator: Address | None = None,
    tell: Tell = silent,
) -> Deployment:
    """Put the home chain's contracts on the chain that the network file ``path`` describes.

    ``signer`` pays and gets the whole token supply; nothing else may use its key meanwhile. ``treasurer`` may
    move what registry and gateway earn; by default the deployer. ``curator`` may list gateways of other
    chains; by default the treasurer. Every transaction is kept in a journal beside the file before it is
    sent, so whoever was stopped calls this again with the same arguments. The addresses are written once all
    contracts are final and were checked: their code, how they know each other, and their figures.

    Raises :class:`~chainboy.errors.ConfigError` for a file, a journal or figures that cannot be used, and
    what sending raises; after :class:`~chainboy.errors.ChainError` and
    :class:`~chainboy.errors.TransactionPending` calling again goes on.
    """
    with alone(path) as network:
        if network.home.contracts is not None:
            return already(path, network.home, signer.address, "home", tell)
        rehearse(path, network.home.profile.chain_id)
        chain = network.home.connect()
        treasurer = signer.address if treasurer is None else treasurer

        def begin() -> Start:
            given = network.figures.genesis_time
            return {"genesis_time": chain.head().timestamp if given is None else given}

        terms = Terms(kind="home", chain_id=chain.chain_id, deployer=signer.address)
        journal = DeployJournal.open(journal_of(path), terms, begin, tell)
        profile = network.figures.profile(genesis_time=Timestamp(int(journal.terms.start["genesis_time"])))
        maker = Maker(Sender(chain, signer), journal, anew=anew(path))
        deployment = make_home(maker, profile, treasurer=treasurer, curator=curator)
        settle(maker.sender, journal, tell)
        _check_figures(deployment, chain, profile, treasurer)
        add_contracts(path, deployment)
        journal.remove()
        return deployment


@contextmanager
def alone(path: Path) -> Iterator[Network]:
    """The network in the file ``path``, while no other process deploys by the same file.

    Raises :class:`~chainboy.errors.ConfigError` when one does: two would use the same nonces.
    """
    with locked(path):
        yield Network.load(path)


def journal_of(path: Path) -> Path:
    """Where the journal of a deployment is that the network file ``path`` describes."""
    return path.with_name(path.name + SUFFIX)


def anew(path: Path) -> str:
    """What to do when a deployment cannot go on."""
    return f"to leave its contracts behind and start anew, remove {journal_of(path)} and run this again"


def settle(sender: Sender, journal: DeployJournal, tell: Tell) -> None:
    """Wait until everything made is final, and check the code on the chain then.

    What a reorganisation took away is sent again. Raises :class:`~chainboy.errors.ChainError` when it takes
    much longer than the chain's figures say.
    """
    chain = sender.chain
    figures = chain.profile
    patience = sender.timeout + 2 * figures.confirmations * figures.block_seconds
    deadline = time.monotonic() + patience
    if figures.confirmations:
        tell(f"waiting for {figures.confirmations} confirmations on {figures.name}")
    while not _is_final(sender, journal):
        if time.monotonic() >= deadline:
            raise ChainError(f"the contracts are not final after {patience:g} s; run this again to go on")
        time.sleep(min(1.0, figures.block_seconds / 4))
    for made in journal.creations:
        if made.address is not None:
            check_code(chain, made.name, made.address)


def _is_final(sender: Sender, journal: DeployJournal) -> bool:
    last = 0
    for made in journal.creations:
        receipt = sender.chain.receipt(made.tx_hash)
        if receipt is None:
            sender.resend(made.nonce, made.raw)
            return False
        last = max(last, receipt.block_number)
    return sender.chain.head().number >= last + sender.chain.profile.confirmations


def already(path: Path, chain: NetworkChain[D], deployer: Address, kind: str, tell: Tell) -> D:
    """The addresses are written: if the journal is still there, it was its removal that was missing."""
    deployment = contracts_of(chain)
    if not journal_of(path).exists():
        raise ConfigError(
            f"{path} has the contracts of {chain.title} already; to deploy others, remove them from it"
        )
    terms = Terms(kind=kind, chain_id=deployment.chain_id, deployer=deployer)
    journal = DeployJournal.open(journal_of(path), terms, dict, tell)
    connected = chain.connect()
    deployment.check(connected)
    for made in journal.creations:
        if made.address is None or made.address not in attrs.astuple(deployment):
            raise ConfigError(f"{journal.path} has another {made.name} than {path}; remove one of both")
        check_code(connected, made.name, made.address)
        tell(f"{made.name} is at {made.address} (transaction 0x{made.tx_hash.hex()})")
    journal.remove()
    return deployment


def _check_figures(deployment: Deployment, chain: Chain, profile: Profile, treasurer: Address) -> None:
    """What constructors were given, as the contracts have it."""
    registry, hub = deployment.registry_on(chain), deployment.hub_on(chain)
    gateway = deployment.gateway_on(chain)
    found = Profile(registry=registry.profile(), hub=hub.profile(), gateway=gateway.profile())
    if found != profile or {registry.treasurer(), gateway.treasurer()} != {treasurer}:
        raise VersionMismatch(
            "the contracts have other figures than they were made with; use another endpoint"
        )
