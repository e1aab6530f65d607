"""What is said over WebSockets, without one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ChainError
from chainboy.events import Hint, MemoryCursor, Watch
from chainboy.events.ipn_socket import IpnDialect
from chainboy.events.listener import Dialect, Heard
from chainboy.events.subscription import Subscription
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain
from chainboy.units import Digest

TX = "0x" + "ab" * 32
HASH = Digest(bytes.fromhex("ab" * 32))


def subscription() -> Subscription:
    """A new conversation about the scripted contract."""
    watch = Watch(
        chain=ScriptedChain(),
        chain_id=CHAIN_ID,
        addresses=(CONTRACT,),
        topics=(TOPIC, None, [TOPIC, bytes(32)]),
        confirmations=0,
        start=0,
        cursor=MemoryCursor(),
    )
    return Subscription(watch)


def answer(number: int, result: Any) -> str:
    """An answer of JSON-RPC."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result})


def notification(subscription: str, result: Any) -> str:
    """A notification of ``eth_subscribe``."""
    said = {"subscription": subscription, "result": result}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": said})


def test_what_is_asked_for() -> None:
    """The chain's id, new heads, and the logs of the watch, as JSON-RPC writes them."""
    chain, heads, logs = map(json.loads, subscription().greeting())
    assert [each["method"] for each in (chain, heads, logs)] == ["eth_chainId", *["eth_subscribe"] * 2]
    assert heads["params"] == ["newHeads"]
    topic, zero = "0x" + "70" * 32, "0x" + "00" * 32
    assert logs["params"] == ["logs", {"address": [CONTRACT], "topics": [topic, None, [topic, zero]]}]


def test_a_conversation() -> None:
    """Ready once all three are granted, in whatever order; then heads and logs."""
    talk = subscription()
    assert talk.hear(answer(3, "0xb")) == Heard()
    assert talk.hear(answer(1, "0x7a69")) == Heard()
    assert talk.hear(answer(2, "0xa")) == Heard(ready=True)
    assert talk.hear(notification("0xa", {"number": "0x1"})) == Heard(head=True)
    heard = talk.hear(notification("0xb", {"transactionHash": TX, "removed": False}))
    assert heard == Heard(hints=(Hint(tx_hash=HASH, chain_id=CHAIN_ID),))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (answer(1, "0x1"), "a chain other than 31337"),
        (json.dumps({"id": 2, "error": {"code": -32601, "message": "no"}}), "no eth_subscribe"),
        (notification("0xb", {"transactionHash": "0x12"}), "no eth_subscribe"),
        ("<html>", "no eth_subscribe"),
        ("[1]", "no eth_subscribe"),
        ("5", "no eth_subscribe"),
        ('"id"', "no eth_subscribe"),
        ('{"id": [], "result": 1}', "no eth_subscribe"),
    ],
)
def test_what_ends_it(message: str, told: str) -> None:
    """Another chain, a refusal, garbage."""
    with pytest.raises(ChainError, match=told):
        subscription().hear(message)


def test_ipn_tools() -> None:
    """The filter, its acknowledgement, transactions; a message without one tells nothing."""
    talk = IpnDialect(["rule-1", 7], "hash", 5)
    assert [json.loads(each) for each in talk.greeting()] == [{"command": "filter", "events": ["rule-1", 7]}]
    assert talk.hear('{"hash": "the first message is the acknowledgement"}') == Heard(ready=True)
    heard = talk.hear(json.dumps({"hash": TX, "network": "x"}))
    assert heard == Heard(hints=(Hint(tx_hash=HASH, chain_id=5),))
    assert talk.hear('{"pong": 1}') == Heard()
    with pytest.raises(ChainError, match="no JSON"):
        talk.hear("hello")
    named = IpnDialect([1], "data.tx", None)
    named.hear("{}")
    assert named.hear(json.dumps({"data": {"tx": TX}})).hints == (Hint(tx_hash=HASH),)


NAMES = st.sampled_from(["id", "result", "params", "subscription", "transactionHash", "hash"])
SHAPES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text() | st.just(TX),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(messages=st.lists(st.binary() | st.text() | st.builds(json.dumps, SHAPES), max_size=8))
def test_garbage(messages: list[str | bytes]) -> None:
    """Whatever an endpoint says, it means something or ends the conversation."""
    dialects: tuple[Dialect, ...] = (subscription(), IpnDialect([1], "hash", None))
    for dialect in dialects:
        for message in messages:
            try:
                assert isinstance(dialect.hear(message), Heard)
            except ChainError:
                break
