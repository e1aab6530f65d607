"""Deploying by the library on an embedded chain: the same contracts as ever, and the waits in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from chainboy.chain import Call, Chain, ChainProfile, KeySigner, Price, Sender
from chainboy.chain.transaction import Transaction
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.signing import register_message
from chainboy.contracts.deployment import Deployment, deploy
from chainboy.contracts.making import Creation
from chainboy.contracts.profile import Profile
from chainboy.contracts.registry import Registry
from chainboy.contracts.remote import deploy_remote, remote_gateway
from chainboy.errors import ChainError, ConfigError, VersionMismatch
from chainboy.networks import Network, NetworkChain, deploy_home, deploying, genesis
from chainboy.networks.genesis import load_genesis, read_genesis
from chainboy.networks.journal import DeployJournal, Terms
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Timestamp

pytestmark = pytest.mark.chain
FAUCET = KeySigner(FAUCET_KEY)
FILE = """
[home]
name = "mine"
chain_id = {chain_id}
urls = ["here"]
confirmations = {confirmations}
block_seconds = 1
[profile]
preset = "local"
hub.phase_blocks = 40
gateway.settle_time = 80
"""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> EmbeddedChain:
    """A chain of the test's own, which every file's endpoint leads to."""
    made = EmbeddedChain()
    monkeypatch.setattr(NetworkChain, "connect", lambda chain: Chain(made.web3, chain.profile))
    return made


def written(folder: Path, backend: EmbeddedChain, confirmations: int = 0) -> Path:
    """A file that describes the chain."""
    path = folder / "network.toml"
    path.write_text(FILE.format(chain_id=backend.web3.eth.chain_id, confirmations=confirmations))
    return path


def test_the_same_as_ever(tmp_path: Path, backend: EmbeddedChain) -> None:
    """As :func:`deploy` puts them, told one by one; the file has them, and the journal is gone."""
    told: list[str] = []
    path = written(tmp_path, backend)
    made = deploy_home(path, FAUCET, tell=told.append)
    other = EmbeddedChain()
    chain = Chain(other.web3, ChainProfile.local(other.web3.eth.chain_id))
    profile = Profile.local(genesis_time=chain.head().timestamp)
    assert made == deploy(Sender(chain, FAUCET), profile, treasurer=FAUCET.address)
    assert Network.load(path).deployment == made
    assert [path.name for path in tmp_path.iterdir()] == ["network.toml"]
    assert len(told) == 5
    assert all(place in line for place, line in zip(attrs.astuple(made)[1:], told, strict=True))


def test_written_once_final(tmp_path: Path, backend: EmbeddedChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before the last contract has its confirmations."""
    path, pauses = written(tmp_path, backend, confirmations=3), []

    def mine(_: float) -> None:
        assert "contracts" not in path.read_text()
        pauses.append(1)
        backend.mine()

    monkeypatch.setattr(deploying.time, "sleep", mine)
    told: list[str] = []
    deploy_home(path, FAUCET, tell=told.append)
    assert len(pauses) == 3
    assert told[-1] == "waiting for 3 confirmations on mine"


def test_a_chain_that_stands_still(
    tmp_path: Path, backend: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told after a while; going on later takes up the same contracts."""
    path = written(tmp_path, backend, confirmations=2)
    times = iter(range(0, 10**6, 100))
    monkeypatch.setattr(deploying.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(deploying.time, "sleep", lambda _: None)
    with pytest.raises(ChainError, match="are not final after 184 s; run this again"):
        deploy_home(path, FAUCET)
    backend.mine(2)
    deploy_home(path, FAUCET)
    assert backend.web3.eth.get_transaction_count(FAUCET.address) == 5  # type: ignore[arg-type]


def test_what_a_reorganisation_took_is_sent_again(tmp_path: Path, backend: EmbeddedChain) -> None:
    """A creation in no block any more is broadcast as it was signed."""
    path = written(tmp_path, backend)
    chain = Network.load(path).home.connect()
    call, price = Call(to=FAUCET.address), Price(maximum=10**10)
    sent = Transaction(chain_id=chain.chain_id, nonce=0, call=call, gas=21_000, price=price).signed(FAUCET)
    lost = Creation(name="x", nonce=0, tx_hash=sent.hash, raw=sent.raw)
    terms = Terms(kind="home", chain_id=chain.chain_id, deployer=FAUCET.address)
    journal = DeployJournal(tmp_path / "j", terms, [lost], deploying.silent)
    deploying.settle(Sender(chain, FAUCET), journal, deploying.silent)
    assert chain.receipt(lost.tx_hash) is not None


def test_figures_are_read_back(
    tmp_path: Path, backend: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint that shows other figures than were sent is not believed; nothing is written."""
    path = written(tmp_path, backend)
    monkeypatch.setattr(Registry, "treasurer", lambda _: "0x")
    with pytest.raises(VersionMismatch, match="other figures"):
        deploy_home(path, FAUCET)
    assert "contracts" not in path.read_text()


def test_a_journal_beside_another_deployment(tmp_path: Path, backend: EmbeddedChain) -> None:
    """The file's addresses are not those of the journal: nothing is removed."""
    path = written(tmp_path, backend)
    deploy_home(path, FAUCET)
    terms = {"kind": "home", "chain_id": backend.web3.eth.chain_id, "deployer": FAUCET.address}
    row = {"name": "x", "address": FAUCET.address, "nonce": 0, "transaction": "0x" + "00" * 32, "raw": "0x"}
    journal = tmp_path / "network.toml.deploying"
    text = json.dumps({**terms, "start": {"genesis_time": 1}, "contracts": [row]})
    journal.write_text(text)
    with pytest.raises(ConfigError, match="has another x than"):
        deploy_home(path, FAUCET)
    assert journal.read_text() == text


@pytest.mark.parametrize(
    "change",
    [
        {"start": {}},
        {"start": {"genesis_time": "soon"}},
        {"start": [1]},
        {"chain_id": "5"},
        {"deployer": "me"},
        {"more": 1},
        {"contracts": [{"name": "x", "address": "0x", "nonce": 0, "transaction": "0x", "raw": "0x"}]},
    ],
    ids=str,
)
def test_journals_of_nothing(tmp_path: Path, backend: EmbeddedChain, change: dict[str, Any]) -> None:
    """Every field is held to its shape."""
    path = written(tmp_path, backend)
    terms = {"kind": "home", "chain_id": backend.web3.eth.chain_id, "deployer": FAUCET.address}
    whole = {**terms, "start": {"genesis_time": 1}, "contracts": []} | change
    (tmp_path / "network.toml.deploying").write_text(json.dumps(whole))
    with pytest.raises(ConfigError, match="is no journal of a deployment"):
        deploy_home(path, FAUCET)


def test_a_remote_gateway_has_time_to_settle() -> None:
    """Two checkpoints and both chains' confirmations, or the home gateway's own time if that is longer."""
    profile = Profile.production(genesis_time=Timestamp(0))
    far = ChainProfile(name="far", chain_id=9, confirmations=100, block_seconds=2)
    settle = 2 * profile.hub.min_seal_interval + 20 * 3 + 100 * 2
    made = remote_gateway(profile, ChainProfile.siberium(), far)
    assert made == attrs.evolve(profile.gateway, settle_time=settle)
    patient = attrs.evolve(profile, gateway=attrs.evolve(profile.gateway, settle_time=10**5))
    assert remote_gateway(patient, ChainProfile.siberium(), far) == patient.gateway


@pytest.fixture
def home(tmp_path: Path, backend: EmbeddedChain) -> tuple[Chain, Deployment]:
    """A network with one node of weight 7 from epoch 1 on, seen in epoch 0."""
    deployment = deploy_home(written(tmp_path, backend), FAUCET)
    chain = Chain(backend.web3, ChainProfile.local(deployment.chain_id))
    sender, registry = Sender(chain, FAUCET), deployment.registry_on(chain)
    node = FAUCET.address
    consent = FAUCET.sign(register_message(deployment.domain, node, node, node))
    for call in (
        deployment.token_on(chain).approve(registry.address, 7),
        registry.register(node, node, consent),
        registry.bond(node, 7),
        registry.enter(node),
    ):
        sender.send(call)
    return chain, deployment


def next_epoch(backend: EmbeddedChain, chain: Chain, deployment: Deployment) -> None:
    """Turn the clock."""
    registry = deployment.registry_on(chain)
    profile = registry.profile()
    start = profile.genesis_time + (registry.current_epoch() + 1) * profile.epoch_length
    backend.travel(Timestamp(start))


def test_the_first_distribution(
    home: tuple[Chain, Deployment], backend: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of final blocks alone, and confirmed by the registry's own sum."""
    chain, deployment = home
    with pytest.raises(ConfigError, match="no nodes are active in epoch 0"):
        read_genesis(chain, deployment)
    next_epoch(backend, chain, deployment)
    found = read_genesis(chain, deployment)
    assert (found.epoch, found.stake_total) == (1, 7)
    later = Chain(backend.web3, attrs.evolve(chain.profile, confirmations=1))
    with pytest.raises(ConfigError, match="no nodes are active in epoch 0"):
        read_genesis(later, deployment)
    monkeypatch.setattr(genesis, "logs_between", lambda *_: [])
    with pytest.raises(ChainError, match="give 0 nodes of weight 0 in epoch 1, and the registry itself says"):
        read_genesis(chain, deployment)


def test_a_distribution_file_is_json(home: tuple[Chain, Deployment], tmp_path: Path) -> None:
    """Told where it is none."""
    path = tmp_path / "genesis.json"
    for text, words in (("{", "is not JSON"), ("[]", "must be an object"), (None, "cannot be read")):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigError, match=words):
            load_genesis(path, *home)


def test_a_file_without_room_for_addresses(tmp_path: Path, backend: EmbeddedChain) -> None:
    """Told before anything is sent."""
    path = tmp_path / "network.toml"
    figures = f'name = "x", chain_id = {backend.web3.eth.chain_id}, confirmations = 0, block_seconds = 1'
    path.write_text(f'home = {{{figures}, urls = ["here"]}}\n')
    with pytest.raises(ConfigError, match=r"use \[tables\]"):
        deploy_home(path, FAUCET)
    assert backend.web3.eth.get_transaction_count(FAUCET.address) == 0  # type: ignore[arg-type]


def test_sending_needs_coins(tmp_path: Path, backend: EmbeddedChain) -> None:
    """Whoever has none has begun nothing."""
    path = written(tmp_path, backend)
    poor = KeySigner.random()
    with pytest.raises((ConfigError, ChainError, ValueError)):
        deploy_home(path, poor)
    assert [path.name for path in tmp_path.iterdir()] == ["network.toml"]
    chain = Network.load(path).home.connect()
    Sender(chain, FAUCET).send(Call(to=poor.address, value=10**20))  # type: ignore[arg-type]
    assert deploy_home(path, poor).chain_id == chain.chain_id


def test_a_remote_chain_by_the_library(home: tuple[Chain, Deployment], backend: EmbeddedChain) -> None:
    """Verifier and gateway know the hub and each other; figures with a broken relation make nothing."""
    chain, deployment = home
    next_epoch(backend, chain, deployment)
    other = EmbeddedChain()
    other.travel(Timestamp(chain.head().timestamp))
    far = Sender(Chain(other.web3, ChainProfile.local(other.web3.eth.chain_id)), FAUCET)
    profile = Profile.local(genesis_time=deployment.registry_on(chain).profile().genesis_time)
    stake = read_genesis(chain, deployment)
    greedy = attrs.evolve(profile, gateway=attrs.evolve(profile.gateway, max_callback_gas=10**9))
    with pytest.raises(ConfigError, match="these figures break maxCallbackGas"):
        deploy_remote(far, greedy, deployment, stake, guardian=FAUCET.address, treasurer=FAUCET.address)
    assert far.chain.nonce(FAUCET.address) == 0
    made = deploy_remote(far, profile, deployment, stake, guardian=FAUCET.address, treasurer=FAUCET.address)
    verifier = made.verifier_on(far.chain)
    assert (
        verifier.distribution()
        == stake
        == TrustedStake(epoch=stake.epoch, stake_hash=stake.stake_hash, stake_total=7)
    )
    assert (made.hub, made.home_chain_id) == (deployment.hub, deployment.chain_id)
    assert made.domain == deployment.domain
