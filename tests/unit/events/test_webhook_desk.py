"""The desk: what it answers, what it passes on, and what it remembers."""

from __future__ import annotations

import logging

import attrs
import pytest
from deliveries import NOW, OTHER, SECRET, TX, alchemy, ipn, moralis, quicknode, tenderly
from hypothesis import given
from hypothesis import strategies as st

from chainboy.events import MemoryCursor, Watch
from chainboy.events.hinted import HintedSource
from chainboy.events.webhooks import PROVIDERS, Desk, Hook, HookStatistics
from chainboy.events.webhooks.desk import MOST_NONCES, WINDOW
from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.tables import Table
from chainboy.testing.event_conformance import drain
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain
from chainboy.web import Request, Response

Post = tuple[bytes, dict[str, str]]


class Office:
    """A desk for all providers over a scripted chain."""

    def __init__(self) -> None:
        self.now = NOW
        self.chain = ScriptedChain()
        self.watch = Watch(
            chain=self.chain,
            chain_id=CHAIN_ID,
            addresses=(CONTRACT,),
            topics=(TOPIC,),
            confirmations=0,
            start=0,
            cursor=MemoryCursor(),
        )
        hooks = [Hook(name, make(Table({}, "t.")), SECRET) for name, make in PROVIDERS.items()]
        self.desk = Desk(hooks, clock=lambda: self.now)
        self.sources = {hook.name: hook.source(self.watch) for hook in hooks}

    def post(self, name: str, post: Post) -> int:
        """The status that a post is answered with."""
        body, headers = post
        path = f"/ipn/{SECRET}" if name == "ipn" else f"/{name}"
        return self.desk.handle(Request(method="POST", path=path, headers=headers, body=body)).status

    def pending(self, name: str) -> int:
        """How many hints the provider's source has to look into."""
        source = self.sources[name]
        assert isinstance(source, HintedSource)
        source.poll()
        return source.statistics().waiting


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_true_webhook_becomes_an_event(name: str) -> None:
    """Through signature, hint and receipt; told again, it costs nothing and comes not again."""
    office = Office()
    (event,) = office.chain.mine(1)
    tx = f"0x{event.tx_hash.hex()}"
    post = {
        "alchemy": lambda: alchemy(tx),
        "quicknode": lambda: quicknode([tx]),
        "moralis": lambda: moralis(tx),
        "tenderly": lambda: tenderly(tx),
        "ipn": lambda: ipn(tx),
    }[name]()
    assert office.post(name, post) == 200
    assert drain(office.sources[name]) == [event]
    assert office.post(name, post) == 200
    assert drain(office.sources[name]) == []
    assert office.chain.receipts == [event.tx_hash]
    others = [source for key, source in office.sources.items() if key != name]
    assert [drain(source) for source in others] == [[]] * len(others)


def test_moralis_comes_twice_and_in_any_order() -> None:
    """Confirmed first, or last: one event."""
    for order in ((False, True), (True, False)):
        office = Office()
        (event,) = office.chain.mine(1)
        for confirmed in order:
            assert office.post("moralis", moralis(f"0x{event.tx_hash.hex()}", confirmed=confirmed)) == 200
        assert drain(office.sources["moralis"]) == [event]


def test_the_first_webhook_may_be_too_early() -> None:
    """Deliveries out of order: a later block's first."""
    office = Office()
    first, second = (event for _ in range(2) for event in office.chain.mine(1))
    for nonce, event in (("b", second), ("a", first)):
        assert office.post("quicknode", quicknode([f"0x{event.tx_hash.hex()}"], nonce=nonce)) == 200
    assert drain(office.sources["quicknode"]) == [first, second]


@pytest.mark.parametrize("make", [quicknode, tenderly])
def test_stale_deliveries_are_refused(make: object) -> None:
    """Too old, or from the future; at the edge of the window they count."""
    office = Office()
    name = make.__name__  # type: ignore[attr-defined]
    post = quicknode([TX]) if name == "quicknode" else tenderly()
    for offset, status in ((WINDOW + 1, 400), (-WINDOW - 1, 400), (WINDOW, 200), (-WINDOW, 200)):
        office.now = NOW + offset
        assert office.post(name, post) == status
    figures = office.desk.statistics()[name]
    assert figures == HookStatistics(taken=1, repeated=1, refused=2)


def test_replays_tell_nothing() -> None:
    """They are answered as the first was, for providers repeat what they think was lost."""
    office = Office()
    for name, post in (("quicknode", quicknode([TX])), ("alchemy", alchemy(TX)), ("tenderly", tenderly())):
        assert office.post(name, post) == 200
        assert office.pending(name) == 1
        for _ in range(3):
            assert office.post(name, post) == 200
        assert office.desk.statistics()[name] == HookStatistics(taken=1, repeated=3)
    assert office.post("quicknode", quicknode([OTHER], nonce="n-2")) == 200
    assert office.pending("quicknode") == 2


def test_nonces_are_forgotten() -> None:
    """After twice the window, when time refuses them, and the oldest when there are too many."""
    office = Office()
    assert office.post("alchemy", alchemy(TX, nonce="first")) == 200
    office.now += 2 * WINDOW + 1
    assert office.post("alchemy", alchemy(TX, nonce="second")) == 200
    assert [nonce for _, nonce in office.desk._nonces] == ["second"]
    for number in range(MOST_NONCES + 5):
        office.post("alchemy", alchemy(nonce=str(number)))
    assert len(office.desk._nonces) == MOST_NONCES


def test_a_failed_delivery_may_be_sent_again() -> None:
    """A refusal uses no nonce up."""
    office = Office()
    body, headers = quicknode([TX])
    assert office.post("quicknode", (body, {**headers, "x-qn-signature": "00" * 32})) == 400
    assert office.post("quicknode", (body, headers)) == 200
    assert office.pending("quicknode") == 1


def test_a_chain_may_be_said_by_the_operator() -> None:
    """Where the provider does not; then other chains' watches are not told."""
    office = Office()
    hook = Hook("alchemy", PROVIDERS["alchemy"](Table({}, "t.")), SECRET, chain_id=CHAIN_ID)
    here, there = hook.source(office.watch), hook.source(attrs.evolve(office.watch, chain_id=5))
    body, headers = alchemy(TX)
    request = Request(method="POST", path="/alchemy", headers=headers, body=body)
    assert Desk([hook], clock=lambda: NOW).handle(request).status == 200
    for source, waiting in ((here, 1), (there, 0)):
        assert isinstance(source, HintedSource)
        source.poll()
        assert source.statistics().waiting == waiting


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request(method="GET", path="/alchemy"), 200),
        (Request(method="GET", path="/nobody"), 404),
        (Request(method="POST", path="/"), 404),
        (Request(method="POST", path="//alchemy", body=b"{}"), 400),
        (Request(method="PUT", path="/alchemy"), 405),
        (Request(method="POST", path="/alchemy", body=bytes(MOST_BYTES + 1)), 413),
        (Request(method="POST", path="/ipn", body=b"{}"), 400),
        (Request(method="POST", path=f"/ipn/{SECRET}/", body=b"{}"), 400),
    ],
)
def test_what_else_it_answers(request_: Request, status: int) -> None:
    """In words of HTTP."""
    assert Office().desk.handle(request_).status == status


def test_secrets_are_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Not in what is logged or answered, nor in what a value looks like."""
    caplog.set_level(logging.DEBUG)
    office = Office()
    answer = office.desk.handle(Request(method="POST", path=f"/ipn/{SECRET}x", body=b"{}"))
    assert answer.status == 400
    shown = [*(record.getMessage() for record in caplog.records), repr(answer), repr(office.desk.hooks)]
    assert not any(SECRET in text for text in shown)


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.text() | st.sampled_from(["/alchemy", f"/ipn/{SECRET}", "/quicknode", "/moralis", "/tenderly"]),
    headers=st.dictionaries(st.sampled_from(["content-encoding", "date", "x-signature"]), st.text()),
    body=st.binary(),
)
def test_it_answers_everything(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    """With a status; nothing raises."""
    answer = Office().desk.handle(Request(method=method, path=path, headers=headers, body=body))
    assert isinstance(answer, Response)
    assert answer.status in (200, 400, 404, 405)
