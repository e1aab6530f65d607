"""A network's chains: the first endpoint that serves each, and contracts checked before they are used."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from web3 import Web3

from chainboy.chain import Chain, ChainProfile, Spending
from chainboy.chain.connect import joined
from chainboy.chain.rpc import ATTEMPTS, Rpc
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ChainError, ConfigError, WrongChain
from chainboy.networks import Network, NetworkChain
from chainboy.networks import network as module
from chainboy.testing.fake_node import FakeNode, header

HOME = ChainProfile(name="mine", chain_id=5, confirmations=0, block_seconds=1)
FAR = ChainProfile(name="far", chain_id=6, confirmations=0, block_seconds=1)
HUB = to_address(b"\x03" * 20)
PLACES = {"token": ZERO_ADDRESS, "registry": ZERO_ADDRESS, "verifier": ZERO_ADDRESS, "gateway": ZERO_ADDRESS}
DEPLOYED = Deployment(chain_id=5, hub=HUB, **PLACES)
REMOTE = RemoteDeployment(chain_id=6, home_chain_id=5, hub=HUB, verifier=ZERO_ADDRESS, gateway=ZERO_ADDRESS)


def down(*_: object) -> object:
    """An endpoint with nothing behind it."""
    raise ConnectionError("nobody there")


ENDPOINTS = {"down": down, "five": "0x5", "six": "0x6"}


def connect(urls: Sequence[str], profile: ChainProfile, spending: Spending) -> Chain:
    """The endpoints of these names, with no pause between attempts."""
    rpcs = {}
    for place, url in enumerate(urls):
        node = FakeNode(eth_chainId=ENDPOINTS[url], eth_blockNumber="0x9")
        node.answers["eth_getBlockByNumber"] = lambda name, _: header(int(name, 16))
        rpcs[url if url not in rpcs else f"{url} {place}"] = Rpc(
            Web3(node), None, attempts=ATTEMPTS, sleep=lambda _: None
        )
    return joined(rpcs, profile, spending=spending, sleep=lambda _: None)


def reached(*urls: str) -> NetworkChain[Deployment]:
    """The home chain behind these endpoints."""
    return NetworkChain(profile=HOME, urls=urls)


@pytest.mark.parametrize("urls", [["five"], ["down", "five"], ["six", "down", "five", "five"]])
def test_the_first_that_serves_it(urls: list[str]) -> None:
    """Dead endpoints and those of other chains are passed over."""
    assert reached(*urls).connect(connect).chain_id == 5


def test_each_failure_is_named() -> None:
    """By its endpoint, in one sentence; it is the wrong chain only if all are."""
    with pytest.raises(ChainError) as down_too:
        reached("six", "down").connect(connect)
    assert str(down_too.value).startswith("no endpoint of mine (5) can be used for eth_chainId: six: ")
    assert "six: the endpoint serves chain 6" in str(down_too.value)
    assert "; down: " in str(down_too.value)
    with pytest.raises(WrongChain, match="serves chain 6, not mine"):
        reached("six").connect(connect)
    with pytest.raises(ConfigError, match=r"mine \(5\) has no urls"):
        reached().connect(connect)


def test_built_in_networks() -> None:
    """Siberium and its test network are known by id and endpoint; their contracts are not deployed yet."""
    for network, chain_id, url in (
        (Network.siberium(), 111_111, "https://rpc.main.siberium.net"),
        (Network.siberium_testnet(), 111_000, "https://rpc.test.siberium.net"),
    ):
        assert (network.home.profile.chain_id, network.home.urls) == (chain_id, (url,))
        assert network.home.profile.poa
        with pytest.raises(ConfigError, match="deploy them with `chainboy deploy`, or give a network file"):
            network.connect_home()
        with pytest.raises(ConfigError, match="no contracts are known on siberium"):
            network.connect(chain_id)
        with pytest.raises(ConfigError, match="no remote chain 1; its remote chains are: none"):
            network.connect(1)


def test_contracts_are_checked_before_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """On whichever chain."""
    asked: list[int] = []
    monkeypatch.setattr(
        NetworkChain, "connect", lambda chain: connect(chain.urls, chain.profile, chain.spending)
    )
    monkeypatch.setattr(Deployment, "check", lambda _, chain: asked.append(chain.chain_id))
    monkeypatch.setattr(RemoteDeployment, "check", lambda _, chain: asked.append(chain.chain_id))
    network = Network(
        home=attrs.evolve(reached("five"), contracts=DEPLOYED),
        remotes=(NetworkChain(profile=FAR, urls=("six",), contracts=REMOTE),),
    )
    assert [
        network.connect_home().chain_id,
        network.connect(5).chain_id,
        network.connect(6).chain_id,
    ] == asked
    assert asked == [5, 5, 6]
    assert network.remote("far").title == "far (6)"
    assert module.contracts_of(network.home) == DEPLOYED


def far(contracts: RemoteDeployment | None = None, **changes: object) -> NetworkChain[RemoteDeployment]:
    """A remote chain."""
    return NetworkChain(profile=attrs.evolve(FAR, **changes), contracts=contracts)


@pytest.mark.parametrize(
    ("remotes", "words"),
    [
        ([far(chain_id=5)], "the id 5"),
        ([far(), far(name="other")], "the id 6"),
        ([far(name="mine")], "the name mine"),
        ([far(attrs.evolve(REMOTE, home_chain_id=7))], r"of far \(6\) believe chain 7, not 5"),
        ([far(attrs.evolve(REMOTE, hub=ZERO_ADDRESS))], r"of far \(6\) believe the hub 0x0000"),
    ],
)
def test_networks_that_cannot_be(remotes: list[NetworkChain[RemoteDeployment]], words: str) -> None:
    """Two chains of one id or name, or contracts of another network."""
    home = NetworkChain(profile=HOME, contracts=DEPLOYED)
    with pytest.raises(ConfigError, match=words):
        Network(home=home, remotes=tuple(remotes))


def test_contracts_are_of_their_chain() -> None:
    """The chain's id is named."""
    with pytest.raises(ConfigError, match=r"of far \(7\) are on chain 6"):
        far(REMOTE, chain_id=7)
