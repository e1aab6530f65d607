"""``[events]`` of a node's file: what is made of it, one sentence for every mistake; nothing is opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chainboy.errors import ConfigError
from chainboy.events import Federation, HintedSource, MemoryCursor, Watch
from chainboy.events.ipn_socket import IpnSocket
from chainboy.events.polling import polling
from chainboy.events.subscription import Subscriptions
from chainboy.events.webhooks.receiver import LISTEN, HookConfig, Receiver
from chainboy.events.webhooks.tenderly import Tenderly
from chainboy.node.config import NodeConfig
from chainboy.secretfile import read_secret
from chainboy.testing.scripted_chain import CONTRACT, ScriptedChain
from chainboy.web import Request

NODE = """
[chain]
url = "http://127.0.0.1:8545"
profile = "siberium"
[contracts]
deployment = "d"
[key]
keystore = "k"
password_file = "p"
[node]
content = "c"
journal = "j"
"""

FULL = """
[events]
polling_seconds = 30
[events.polling]
max_chunk = 9
[events.websocket]
urls = {111111 = "wss://node.example/key", 7 = "ws://other.example"}
silent_blocks = 5
[events.ipn]
key_file = "ipn.key"
rules = ["a", 2]
chain_id = 111111
[events.webhooks]
listen = "127.0.0.1:9000"
[events.webhooks.tenderly]
key_file = "tenderly.key"
chain_id = 7
[events.webhooks.ipn]
key_file = "path.key"
hash_field = "data.hash"
"""


def load(folder: Path, events: str) -> NodeConfig:
    """The configuration of a node with these events."""
    path = folder / "node.toml"
    path.write_text(NODE + events)
    return NodeConfig.load(path)


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each table becomes a watcher; polling is in the federation whether it is named or not."""
    watcher = load(tmp_path, FULL).watcher
    assert isinstance(watcher, Federation)
    assert watcher.pause == 30
    assert list(watcher.watchers) == ["polling", "websocket", "ipn", "webhooks"]
    assert watcher.watchers["websocket"] == Subscriptions(
        urls={111_111: "wss://node.example/key", 7: "ws://other.example"}, silent_blocks=5
    )
    assert watcher.watchers["ipn"] == IpnSocket(
        key_file=tmp_path / "ipn.key", rules=("a", 2), chain_id=111_111
    )
    receiver = watcher.watchers["webhooks"]
    assert isinstance(receiver, Receiver)
    assert receiver._listen == ("127.0.0.1", 9000)
    assert receiver._hooks["tenderly"] == HookConfig(
        provider=Tenderly(), key_file=tmp_path / "tenderly.key", chain_id=7
    )
    assert LISTEN[0] == "127.0.0.1"
    assert not (tmp_path / "ipn.key").exists()


def test_addresses_with_keys_are_not_shown(tmp_path: Path) -> None:
    """Not even in what a watcher looks like."""
    watcher = load(tmp_path, FULL).watcher
    assert isinstance(watcher, Federation)
    assert "node.example" not in repr(watcher)


def test_polling_alone_is_no_federation(tmp_path: Path) -> None:
    """Neither by default nor by name."""
    assert load(tmp_path, "").watcher is polling
    assert not isinstance(load(tmp_path, "[events.polling]\nmax_chunk = 5\n").watcher, Federation)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("[events]\npolling_seconds = 5", "events.polling_seconds is for polling beside other sources"),
        ("[events]\npolling_seconds = 0", "events.polling_seconds cannot be 0: give seconds above zero"),
        ("[events.websocket]", "events.websocket.urls is missing"),
        ("[events.websocket]\nurls = 5", "events.websocket.urls: give a table"),
        ("[events.websocket]\nurls = {}", "events.websocket.urls: give a table of addresses by chain id"),
        ('[events.websocket]\nurls = {1 = "http://x"}', "give an address that begins with wss:// or ws://"),
        ('[events.websocket]\nurls = {main = "ws://x"}', "events.websocket.urls: give a table"),
        ("[events.ipn]\nrules = [1]", "events.ipn.key_file is missing"),
        ('[events.ipn]\nkey_file = "k"\nrules = []', "events.ipn.rules cannot be []: give a list of the ids"),
        ("[events.webhooks]", "events.webhooks names no provider; add one of alchemy, ipn, moralis"),
        ("[events.webhooks.nobody]", "events.webhooks.nobody is no known provider; use one of alchemy"),
        ("[events.webhooks.alchemy]", "events.webhooks.alchemy.key_file is missing"),
        ('[events.webhooks.alchemy]\nkey_file = "k"\nkey = 1', "events.webhooks.alchemy.key is not known"),
        ('[events.webhooks]\nlisten = "8900"', "events.webhooks.listen cannot be '8900': give a host and"),
    ],
)
def test_each_mistake_names_its_key(tmp_path: Path, events: str, message: str) -> None:
    """As everywhere in the file."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, events)


@pytest.mark.parametrize("urls", ['{ 5 = "https://node/sesame" }', '{ main = "wss://node/sesame" }'])
def test_a_wrong_address_is_not_shown(tmp_path: Path, urls: str) -> None:
    """It may hold a key all the same."""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, f"[events.websocket]\nurls = {urls}")
    assert "sesame" not in str(raised.value)


def test_secrets_are_one_line_of_text(tmp_path: Path) -> None:
    """Whatever is wrong with the file, its content is not told."""
    path = tmp_path / "key"
    with pytest.raises(ConfigError, match="No such file"):
        read_secret(path)
    for content in (b"", b"\n", b"short", b"sesame1234\nsesame5678", b"sesame\xff1234567"):
        path.write_bytes(content)
        with pytest.raises(ConfigError) as raised:
            read_secret(path, least=8)
        assert "sesame" not in str(raised.value)
    path.write_bytes(b" sesame1234 \r\n")
    assert read_secret(path, least=8) == "sesame1234"


def test_a_chain_without_a_websocket() -> None:
    """Has a source that is told nothing: polling does."""
    watcher = Subscriptions(urls={7: "ws://other.example"})
    watch = Watch(
        chain=ScriptedChain(),
        chain_id=5,
        addresses=(CONTRACT,),
        topics=(),
        confirmations=0,
        start=0,
        cursor=MemoryCursor(),
    )
    assert isinstance(watcher(watch), HintedSource)


def test_webhooks_without_a_server(tmp_path: Path) -> None:
    """For whoever has one of their own: the desk is a pure handler."""
    (tmp_path / "k").write_text("a long enough secret")
    receiver = Receiver({"tenderly": HookConfig(provider=Tenderly(), key_file=tmp_path / "k")})
    assert receiver.desk().handle(Request(method="GET", path="/tenderly")).status == 200
