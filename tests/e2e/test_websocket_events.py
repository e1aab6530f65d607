"""Events over anvil's WebSocket, through a line that is cut, frozen, slow or closed."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bad_line import BadLine

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.contracts.deployment import creation
from chainboy.contracts.token import Token, Transfer
from chainboy.errors import ConfigError
from chainboy.events import (
    EventSource,
    FederatedSource,
    Federation,
    FileCursor,
    LogEvent,
    MemoryCursor,
    Watch,
)
from chainboy.events.ipn_socket import IpnSocket
from chainboy.events.subscription import Subscriptions
from chainboy.testing.backends import FAUCET_KEY, AnvilChain, find_anvil
from chainboy.testing.event_conformance import EventHarness, EventSourceConformance, drain

try:
    find_anvil()
except ConfigError as missing:
    pytestmark = [pytest.mark.anvil, pytest.mark.skip(reason=str(missing))]
else:
    pytestmark = pytest.mark.anvil

HOUR = 3_600.0
SILENT_BLOCKS = 2


@pytest.fixture(scope="module")
def anvil() -> Iterator[AnvilChain]:
    """A chain for all of these tests."""
    with AnvilChain() as chain:
        yield chain


class Place:
    """A token on anvil, and a line to anvil's WebSocket; each transfer is an event, in a block of its own."""

    def __init__(self, anvil: AnvilChain, line: BadLine) -> None:
        self.anvil, self.line = anvil, line
        self._sender = Sender(
            Chain(anvil.web3, ChainProfile.local(31_337)), KeySigner(FAUCET_KEY)
        )
        receipt = self._sender.send(creation("ChainBoyToken", self._sender.address, 10**18))
        assert receipt.contract is not None
        self.chain = Chain(anvil.web3, ChainProfile.local(31_337))
        self._token = Token(self.chain, receipt.contract)
        self._start = receipt.block_number + 1
        self.watches: list[Watch] = []

    def emit(self, count: int = 1) -> list[LogEvent]:
        """Transfer that often."""
        receipts = [self._sender.send(self._token.transfer(self._sender.address, n)) for n in range(count)]
        return [log for receipt in receipts for log in receipt.logs]

    def watch(self, cursor: FileCursor | MemoryCursor, confirmations: int = 0) -> Watch:
        """All transfers from the token's birth on."""
        watch = Watch(
            chain=self.chain,
            chain_id=31_337,
            addresses=(self._token.address,),
            topics=(Token.topic(Transfer),),
            confirmations=confirmations,
            start=self._start,
            cursor=cursor,
            block_seconds=1,
        )
        self.watches.append(watch)
        return watch

    def source(self, *, pause: float = HOUR, confirmations: int = 0) -> FederatedSource:
        """Polling that rests beside the WebSocket; listened to when this returns."""
        federation = Federation(watchers={"websocket": self.subscriptions()}, pause=pause)
        source = federation(self.watch(MemoryCursor(), confirmations))
        self.settle(source)
        return source

    def subscriptions(self) -> Subscriptions:
        """Through the line."""
        return Subscriptions(
            urls={31_337: f"ws://127.0.0.1:{self.line.port}/?key=secret"}, silent_blocks=SILENT_BLOCKS
        )

    def settle(self, source: FederatedSource) -> None:
        """Poll until the WebSocket has no gap any more."""
        failures, deadline = -1, time.monotonic() + 15
        while failures != (failures := source.statistics()["websocket"].failures):
            assert time.monotonic() < deadline
            assert drain(source) == []
            time.sleep(0.1)

    def close(self) -> None:
        """Stop to listen."""
        for watch in self.watches:
            watch.closing.close()


@pytest.fixture
def place(anvil: AnvilChain) -> Iterator[Place]:
    """A new token."""
    with BadLine(int(anvil.url.rpartition(":")[2])) as line:
        place = Place(anvil, line)
        yield place
        place.close()
    assert not [thread.name for thread in threading.enumerate() if "chainboy-" in thread.name]


def heard(place: Place, source: EventSource, seconds: float = 10.0) -> list[LogEvent]:
    """What comes when the bell rings, as a node would hear it."""
    bell = place.watches[-1].bell
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if bell.rung:
            bell.quiet()
            if events := drain(source):
                return events
        time.sleep(0.005)
    raise AssertionError("nothing came")


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_event_is_heard_at_once(place: Place) -> None:
    """Long before polling would look."""
    source = place.source()
    for _ in range(3):
        events = place.emit()
        start = time.monotonic()
        assert heard(place, source) == events
        assert time.monotonic() - start < 1
    figures = source.statistics()
    assert (figures["websocket"].told, figures["websocket"].first) == (3, 3)
    assert figures["polling"].told == 3


def test_it_is_heard_once_final(place: Place) -> None:
    """Each new head rings the bell while a hint waits for its confirmations."""
    source = place.source(confirmations=2)
    events = place.emit()
    assert drain(source) == []
    place.anvil.mine(1)
    time.sleep(0.2)
    assert drain(source) == []
    place.watches[-1].bell.quiet()
    place.anvil.mine(1)
    assert heard(place, source) == events


def test_a_line_that_is_cut(place: Place) -> None:
    """What happens meanwhile is found by polling, at its full pace; then the WebSocket is first again."""
    source = place.source()
    place.line.refusing = True
    place.line.cut()
    until(lambda: not drain(source) and source.statistics()["websocket"].failures > 2)
    missed = place.emit(2)
    assert drain(source) == missed
    place.line.refusing = False
    before = source.statistics()["websocket"].told
    gap = []
    while not gap:  # what happens until it is subscribed again
        gap = place.emit()
        assert drain(source) == gap
    place.settle(source)
    told = place.emit()
    assert heard(place, source) == told
    assert source.statistics()["websocket"].told > before


def test_a_line_that_freezes(place: Place) -> None:
    """No head for so many block times: the connection is given up, the gap is filled, it is opened again."""
    source = place.source()
    accepted = place.line.accepted
    place.line.freeze()
    events = place.emit(3)
    assert drain(source) == []
    until(lambda: drain(source) == events, seconds=SILENT_BLOCKS + 10)
    place.line.thaw()
    until(lambda: place.line.accepted > accepted)
    time.sleep(1)
    place.settle(source)
    events = place.emit()
    assert heard(place, source) == events


def test_a_slow_line(place: Place) -> None:
    """Polling is faster: each event comes once, and the WebSocket is known to be behind."""
    source = place.source(pause=0.01)
    place.line.delay = 0.3
    events = place.emit(2)
    time.sleep(0.02)
    assert drain(source) == events
    until(lambda: drain(source) == [] and source.statistics()["websocket"].told == 2)
    assert source.statistics()["websocket"].behind > 0.3
    assert source.statistics()["websocket"].first == 0


def test_another_chain_behind_the_line(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Is not listened to; the log says so without the address, and polling goes on."""
    caplog.set_level(logging.DEBUG)
    with AnvilChain(chain_id=5) as other, BadLine(int(other.url.rpartition(":")[2])) as line:
        url = f"ws://127.0.0.1:{line.port}/?key=secret"
        watcher = Subscriptions(urls={31_337: url}, silent_blocks=SILENT_BLOCKS)
        source = Federation(watchers={"websocket": watcher}, pause=HOUR)(place.watch(MemoryCursor()))
        until(lambda: "a chain other than 31337" in caplog.text)
        events = place.emit()
        assert drain(source) == events
        place.close()
    own = [record.getMessage() for record in caplog.records if "urllib3" not in record.name]
    assert not any("secret" in message for message in own)


def test_nothing_behind_the_line(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """A port that nobody listens at: tried again, less and less often."""
    caplog.set_level(logging.WARNING)
    watcher = Subscriptions(urls={31_337: "ws://127.0.0.1:9/?key=secret"}, silent_blocks=SILENT_BLOCKS)
    source = Federation(watchers={"websocket": watcher}, pause=HOUR)(place.watch(MemoryCursor()))
    time.sleep(2)
    events = place.emit()
    assert drain(source) == events
    tries = [record for record in caplog.records if "cut off" in record.getMessage()]
    assert 1 <= len(tries) <= 3
    assert "secret" not in caplog.text


def test_ipn_tools(place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its key goes into the header, its filter is acknowledged, its hashes become events."""
    from websockets.sync.server import ServerConnection, serve  # noqa: PLC0415 - for this test alone

    (tmp_path / "key").write_text("the account's key\n")
    posted: list[str] = []
    told = threading.Event()
    seen: list[object] = []

    caplog.set_level(logging.DEBUG, "websockets")

    def behave(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers["Authorization"])
        seen.append(json.loads(connection.recv()))
        connection.send('{"status": "filter set"}')
        told.wait(10)
        for tx_hash in (*posted, "0x" + "00" * 32, "nonsense"):
            connection.send(json.dumps({"hash": tx_hash, "network": "anvil"}))
        connection.recv()

    with serve(behave, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        port = server.socket.getsockname()[1]
        watcher = IpnSocket(key_file=tmp_path / "key", rules=("r1",), url=f"ws://127.0.0.1:{port}/")
        source = Federation(watchers={"websocket": watcher}, pause=HOUR)(place.watch(MemoryCursor()))
        until(lambda: len(seen) == 2)
        place.settle(source)
        events = place.emit()
        posted += [f"0x{event.tx_hash.hex()}" for event in events]
        told.set()
        assert heard(place, source) == events
        assert seen == ["the account's key", {"command": "filter", "events": ["r1"]}]
        place.close()
        server.shutdown()
        serving.join()
    clients = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert not any("account's" in message for message in clients)


class Harness:
    """The usual federation over one token, its cursor in a file."""

    def __init__(self, place: Place, cursor: Path) -> None:
        self._place = place
        self._cursor = cursor

    def emit(self, count: int) -> list[LogEvent]:
        """Transfer that often."""
        return self._place.emit(count)

    def source(self) -> EventSource:
        """Polling and the WebSocket; what a former one listened to is closed."""
        self._place.close()
        federation = Federation(watchers={"websocket": self._place.subscriptions()})
        return federation(self._place.watch(FileCursor(self._cursor)))


class TestFederatedWebSocket(EventSourceConformance):
    """Polling and a real WebSocket as one."""

    @pytest.fixture
    def harness(self, place: Place, tmp_path: Path) -> EventHarness:
        """A token nobody has moved yet."""
        return Harness(place, tmp_path / "cursor.json")
