"""``chainboy network``: a chain of this machine for other processes, and the listing of gateways."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from node_world import PASSWORD

from chainboy.chain.signer import KeySigner
from chainboy.cli.main import cli
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.errors import ConfigError
from chainboy.networks import Network
from chainboy.networks.file import add_contracts
from chainboy.testing.backends import EmbeddedChain
from chainboy.testing.remote import LocalRemote
from chainboy.testing.rpc_server import serve
from chainboy.testing.standalone import EPOCH, NETWORK, OWNER, Standalone, brisk
from chainboy.testing.standalone import PASSWORD as OWNER_PASSWORD
from chainboy.units import Digest, Epoch, Timestamp, Weight

REMOTE = """
[[remote]]
name = "far"
chain_id = {chain_id}
urls = ["{url}"]
confirmations = 0
block_seconds = 1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Standalone]]:
    """A network of one's own with a remote chain whose gateway is not listed."""
    folder = tmp_path_factory.mktemp("network")
    with Standalone(folder) as home:
        network = Network.load(folder / NETWORK)
        genesis = TrustedStake(epoch=Epoch(0), stake_hash=Digest(b"\1" * 32), stake_total=Weight(1))
        backend, figures = EmbeddedChain(chain_id=4242), brisk(genesis_time=home.chain.head().timestamp)
        backend.travel(Timestamp(home.chain.head().timestamp + EPOCH))
        far = LocalRemote.deploy("far", backend, network.deployment, figures, genesis)
        with serve(far.chain, 0) as server:
            with (folder / NETWORK).open("a") as file:
                file.write(REMOTE.format(chain_id=4242, url=server.url))
            add_contracts(folder / NETWORK, far.deployment)
            yield folder, home


def listing(folder: Path, *, key: tuple[str, str] = (OWNER, OWNER_PASSWORD), chain: str = "far") -> Result:
    """``chainboy network list-gateway`` with the ``key`` of a keystore and its password."""
    keystore, password = (str(folder / name) for name in key)
    named = ["--keystore", keystore, "--password-file", password]
    network = ["--network", str(folder / NETWORK), "--chain", chain]
    return CliRunner().invoke(cli, ["network", "list-gateway", *network, *named])


def test_a_gateway_is_listed_once(place: tuple[Path, Standalone]) -> None:
    """By the hub's curator alone; a second time changes nothing, by name or by id."""
    folder, home = place
    KeySigner(b"\7" * 32).save(folder / "stranger.json", PASSWORD)
    (folder / "stranger-password").write_text(PASSWORD)
    strange = listing(folder, key=("stranger.json", "stranger-password"))
    assert isinstance(strange.exception, ConfigError)
    assert "the hub's curator is " in str(strange.exception)

    network = Network.load(folder / NETWORK)
    hub, (remote,) = network.deployment.hub_on(home.chain), network.remotes
    assert remote.contracts is not None
    assert hub.listed_from(4242, remote.contracts.gateway) == 0
    first, again = listing(folder), listing(folder, chain="4242")
    assert (first.exit_code, again.exit_code) == (0, 0)
    lines = first.output.splitlines()
    assert lines[0] == f"listed the gateway {remote.contracts.gateway} of far (4242)"
    assert again.output.splitlines() == ["the gateway of far (4242) is listed already", lines[1]]
    delay = brisk(genesis_time=home.chain.head().timestamp).hub.listing_delay
    listed = hub.listed_from(4242, remote.contracts.gateway)
    assert 0 < listed - delay <= home.chain.head().timestamp


def test_the_clock_of_a_local_chain(tmp_path: Path) -> None:
    """A block a second by the clock that it is given, none while that is behind; epochs are short."""
    now = [0.0]
    with Standalone(tmp_path / "play", clock=lambda: now[0]) as chain:
        stop, head = threading.Event(), chain.chain.head()
        runner = threading.Thread(target=chain.run, args=(stop,))
        runner.start()
        now[0] = head.timestamp + EPOCH
        for _ in range(100):
            if chain.chain.head().number > head.number or stop.wait(0.1):
                break
        stop.set()
        runner.join()
        assert chain.chain.head().timestamp == now[0]
        registry = Network.load(tmp_path / "play" / NETWORK).deployment.registry_on(chain.chain)
        assert registry.current_epoch() == 1 + (head.timestamp - registry.profile().genesis_time) // EPOCH


def test_files_of_another_chain_stay(tmp_path: Path) -> None:
    """Nothing is written over, and the port is free again."""
    (tmp_path / OWNER).write_text("mine")
    with pytest.raises(ConfigError, match="is there already; choose another folder"):
        Standalone(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [OWNER]


def test_what_an_endpoint_is_asked(place: tuple[Path, Standalone]) -> None:
    """One request, several together, one that is refused, one that reverts, and garbage."""
    folder, home = place

    def ask(body: object) -> object:
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.post(home.url, content=text).json()

    asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    answer = {"jsonrpc": "2.0", "id": 1, "result": hex(home.chain.chain_id)}
    assert ask(asked) == answer
    assert ask([asked, {**asked, "id": "b"}]) == [answer, {**answer, "id": "b"}]
    refused = ask({**asked, "method": "eth_nothing"})
    assert isinstance(refused, dict)
    assert refused["error"]["code"] < 0
    hub = Network.load(folder / NETWORK).deployment.hub
    call = {"to": hub, "data": "0xffffffff"}
    reverted = ask({**asked, "method": "eth_call", "params": [call, "latest"]})
    assert isinstance(reverted, dict)
    assert reverted["error"]["code"] == 3
    for garbage in ("{", "5", "[1]", '{"id": 1}'):
        told = ask(garbage)
        assert isinstance(told, dict)
        assert told["error"]["code"] == -32_700
