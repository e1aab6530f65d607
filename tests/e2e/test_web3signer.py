"""A node whose key is in another process: signatures over HTTP, TLS, tokens, and a signer that dies."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from command import chainboy
from http_chain import http_chain
from node_command import Running
from node_world import World, configure, key, secret
from signer_process import SignerProcess, signing
from unmeasured import environment

from chainboy.chain import Signer
from chainboy.chain.keys import RemoteKey
from chainboy.chain.signer import recover
from chainboy.consensus.encoding import keccak
from chainboy.consensus.params import Mode
from chainboy.content import DirectoryStore
from chainboy.contracts.gateway_events import RewardClaimed
from chainboy.contracts.hub_events import Committed, Revealed
from chainboy.errors import SignerUnavailable
from chainboy.node.checkup import Grade, examine
from chainboy.node.config import NodeConfig
from chainboy.testing.signer_conformance import SignerConformance

pytestmark = [pytest.mark.chain, pytest.mark.xdist_group("web3signer")]

KEY, NODE = secret("another account"), secret("node 0")
NODE_ADDRESS = key("node 0").address
SALT_SECRET = "5a" * 32


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignerProcess]:
    """One server for the suite's many small questions, with two keys."""
    with signing(tmp_path_factory.mktemp("signer"), KEY, NODE) as made:
        yield made


def remote(folder: Path, url: str, **more: Path) -> Signer:
    """The node's account there."""
    (folder / "salt-secret").write_text(SALT_SECRET)
    made = RemoteKey(
        url=url, address=NODE_ADDRESS, timeout=10, salt_secret_file=folder / "salt-secret", **more
    )
    return made.signer()


class TestWeb3SignerInItsProcess(SignerConformance):
    """The API as ethers' author would write it."""

    @pytest.fixture
    def signer(self, tmp_path: Path, server: SignerProcess) -> Signer:
        """The second of its keys."""
        return remote(tmp_path, server.url)

    @pytest.fixture
    def again(self, tmp_path: Path, server: SignerProcess) -> Signer:
        """The same."""
        return remote(tmp_path, server.url)


def test_the_same_signatures_as_the_key_itself(tmp_path: Path, server: SignerProcess) -> None:
    """Both sign as RFC 6979 says, so a node may move its key without anybody seeing a difference."""
    assert remote(tmp_path, server.url).sign(b"message") == key("node 0").sign(b"message")


def test_a_token(tmp_path: Path) -> None:
    """Sent to a proxy that wants one; without it, or with another, nothing is signed."""
    token = tmp_path / "token"
    with signing(tmp_path, NODE, token="let-me-in") as server:  # noqa: S106 - that is the point
        token.write_text("let-me-in\n")
        assert recover(keccak(b"m"), remote(tmp_path, server.url, token_file=token).sign(b"m"))
        token.write_text("another")
        for more in ({}, {"token_file": token}):
            with pytest.raises(SignerUnavailable, match="answers with status 401"):
                remote(tmp_path, server.url, **more).sign(b"m")


def test_certificates_on_both_sides(tmp_path: Path) -> None:
    """A node is believed by its certificate, and believes only the authority that it is told."""
    authority, stranger = trustme.CA(), trustme.CA()
    names = ("server.pem", "server.key", "ca.pem", "node.pem", "node.key", "stranger.pem")
    cert, cert_key, ca, node, node_key, other = (tmp_path / name for name in names)
    authority.cert_pem.write_to_path(ca)
    stranger.cert_pem.write_to_path(other)
    served, ours = authority.issue_cert("127.0.0.1"), authority.issue_cert("node.example")
    for made, chain_file, key_file in ((served, cert, cert_key), (ours, node, node_key)):
        made.cert_chain_pems[0].write_to_path(chain_file)
        made.private_key_pem.write_to_path(key_file)
    tls = {"cert": str(cert), "key": str(cert_key), "ca": str(ca)}
    ours_too = {"client_certificate": node, "client_key": node_key}
    with signing(tmp_path, NODE, tls=tls) as server:
        signature = remote(tmp_path, server.url, ca_file=ca, **ours_too).sign(b"m")
        assert recover(keccak(b"m"), signature) == NODE_ADDRESS
        for files in ({"ca_file": ca}, {"ca_file": other, **ours_too}, ours_too):
            with pytest.raises(SignerUnavailable, match="does not answer"):
                remote(tmp_path, server.url, **files).sign(b"m")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One node's stake; its programs lie in its folder."""
    made = World([100])
    made.content = DirectoryStore(tmp_path / "content")
    yield made
    made.backend.close()


def configured(world: World, url: str, folder: Path, signer: SignerProcess) -> Path:
    """The node's file, with Web3Signer in the place of its key."""
    path = configure(world, url, NODE, folder)
    (folder / "key.json").unlink()
    (folder / "salt-secret").write_text(SALT_SECRET)
    old = 'keystore = "key.json"\npassword_file = "password"'
    new = f'web3signer = "{signer.url}"\naddress = "{NODE_ADDRESS}"\nsalt_secret_file = "salt-secret"'
    path.write_text(path.read_text().replace(old, new))
    return path


def seen(world: World, contract: object, kind: type) -> bool:
    """Whether there is such an event."""
    with world.chain.lock:
        logs = world.chain.logs([contract.address], [], 0, world.chain.head().number)  # type: ignore[attr-defined]
        return bool(contract.events(logs, kind))  # type: ignore[attr-defined]


def test_a_signer_that_dies_and_comes_back(world: World, tmp_path: Path) -> None:
    """The node waits for it, before its commitment and before its reveal; then it is paid all the same."""
    with signing(tmp_path, KEY, NODE) as signer, http_chain(world.chain) as http:
        path = configured(world, http.url, tmp_path, signer)
        running = Running(path, world, http, environment())
        try:
            running.wait(running.started)
            signer.kill()
            with world.chain.lock:
                world.ask(mode=Mode.RANDOM)
            running.wait(lambda: "has to wait: Web3Signer at http://127.0.0.1" in running.log)
            assert not seen(world, world.hub, Committed)
            signer.start()
            running.wait(lambda: seen(world, world.hub, Committed))
            signer.kill()
            waited = running.log.count("has to wait")
            running.wait(lambda: running.log.count("has to wait") > waited)
            assert not seen(world, world.hub, Revealed)
            signer.start()
            running.wait(lambda: seen(world, world.gateway, RewardClaimed))
            assert running.stop() == 0
        finally:
            running.process.kill()
            running.process.wait(30)
    assert SALT_SECRET not in running.log


def test_the_doctor(world: World, tmp_path: Path) -> None:
    """Says that the signer signs and how fast; what to do when it is down, and when it has other keys."""
    with http_chain(world.chain) as http:
        with signing(tmp_path, NODE) as signer:
            path = configured(world, http.url, tmp_path, signer)
            (found,) = (each for each in examine(NodeConfig.load(path)) if each.what == "signer")
            assert (found.grade, found.found.partition(",")[0]) == (Grade.OK, "Web3Signer signs for it")
        (found,) = (each for each in examine(NodeConfig.load(path)) if each.what == "signer")
        assert (found.grade, found.advice) == (Grade.FAIL, "start it")
        with signing(tmp_path, KEY, port=int(signer.url.rpartition(":")[2])):
            (found,) = (each for each in examine(NodeConfig.load(path)) if each.what == "signer")
        assert found.grade is Grade.FAIL
        assert found.found.endswith(f"holds no key of {NODE_ADDRESS}")
        assert found.advice == "load it there, or correct key.address"


def test_beginning_with_a_signer(tmp_path: Path) -> None:
    """No key is made; the salts' secret is this user's alone and is not shown; nothing is overwritten."""
    (tmp_path / "network.toml").write_text("")
    options = ("--network", "network.toml", "--web3signer", "http://127.0.0.1:9000")
    made = chainboy("node", "init", "node", *options, "--address", NODE_ADDRESS.lower(), folder=tmp_path)
    assert (made.code, made.err) == (0, "")
    assert NODE_ADDRESS in made.out
    assert sorted(path.name for path in (tmp_path / "node").iterdir()) == ["node.toml", "salt-secret"]
    salt = tmp_path / "node" / "salt-secret"
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600
    assert salt.read_text().strip() not in made.out
    signer = NodeConfig.load(tmp_path / "node" / "node.toml").key.signer()
    assert signer.address == NODE_ADDRESS
    assert len(signer.derive(b"x")) == 32

    again = chainboy("node", "init", "node", *options, "--address", NODE_ADDRESS, folder=tmp_path)
    assert again.code == 2
    assert "salt-secret is there already; choose another folder" in again.err
    alone = chainboy("node", "init", "other", *options, folder=tmp_path)
    assert alone.code == 2
    assert "belong together" in alone.err
