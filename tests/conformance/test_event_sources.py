"""Every event source of this package against the one suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_hash.auto import keccak

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.contracts.deployment import creation
from chainboy.contracts.token import Token, Transfer
from chainboy.events import (
    EventSource,
    Federation,
    FileCursor,
    Hint,
    HintedSource,
    LogEvent,
    MemorySource,
    PollingSource,
    Watch,
)
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.testing.event_conformance import EventHarness, EventSourceConformance
from chainboy.testing.scripted_chain import CHAIN_ID, CONTRACT, TOPIC, ScriptedChain

CONFIRMATIONS = 3


class MemoryHarness:
    """Events by hand; a restart is none, for nothing of it outlives the process."""

    def __init__(self) -> None:
        self._source = MemorySource()
        self._chain = ScriptedChain()

    def emit(self, count: int) -> list[LogEvent]:
        """Emit logs of a new block."""
        events = self._chain.mine(count)
        self._source.emit(*events)
        return list(events)

    def source(self) -> EventSource:
        """The one source."""
        return self._source


class ScriptedHarness:
    """Polling over a scripted chain, its cursor in a file."""

    def __init__(self, cursor: Path) -> None:
        self._chain = ScriptedChain()
        self._cursor = cursor

    def emit(self, count: int) -> list[LogEvent]:
        """Mine them, and the blocks that make them final."""
        events = self._chain.mine(count)
        for _ in range(CONFIRMATIONS):
            self._chain.mine()
        return list(events)

    def source(self) -> EventSource:
        """A new source over the same cursor file."""
        return PollingSource(
            self._chain,
            addresses=[CONTRACT],
            topics=[TOPIC],
            confirmations=CONFIRMATIONS,
            cursor=FileCursor(self._cursor),
        )


class EmbeddedHarness:
    """Polling over py-evm: each event is a transfer of tokens."""

    def __init__(self, cursor: Path) -> None:
        self._backend = EmbeddedChain()
        self._chain = Chain(self._backend.web3, ChainProfile.local(self._backend.web3.eth.chain_id))
        self._sender = Sender(self._chain, KeySigner(FAUCET_KEY))
        receipt = self._sender.send(creation("ChainBoyToken", self._sender.address, 10**18))
        assert receipt.contract is not None
        self._token = Token(self._chain, receipt.contract)
        self._start = receipt.block_number + 1
        self._cursor = cursor

    def emit(self, count: int) -> list[LogEvent]:
        """Transfer that often, a block each, and bury the last."""
        receipts = [self._sender.send(self._token.transfer(self._sender.address, n)) for n in range(count)]
        self._backend.mine(CONFIRMATIONS)
        return [log for receipt in receipts for log in receipt.logs]

    def source(self) -> EventSource:
        """A new source over the same cursor file."""
        assert Token.topic(Transfer) == keccak(b"Transfer(address,address,uint256)")
        return PollingSource(
            self._chain,
            addresses=[self._token.address],
            topics=[Token.topic(Transfer)],
            confirmations=CONFIRMATIONS,
            start=self._start,
            cursor=FileCursor(self._cursor),
        )


class FederatedHarness(ScriptedHarness):
    """Polling that rests for an hour beside a source of hints that is told everything, ``early`` or late."""

    def __init__(self, cursor: Path, *, early: bool) -> None:
        super().__init__(cursor)
        self._early = early
        self._hinted: HintedSource | None = None

    def emit(self, count: int) -> list[LogEvent]:
        """Mine them, and tell."""
        events = self._chain.mine(count)
        if self._early:
            self._tell(events)
        for _ in range(CONFIRMATIONS):
            self._chain.mine()
        if not self._early:
            self._tell(events)
        return list(events)

    def source(self) -> EventSource:
        """A new federation over the same cursor file."""
        watch = Watch(
            chain=self._chain,
            chain_id=CHAIN_ID,
            addresses=(CONTRACT,),
            topics=(TOPIC,),
            confirmations=CONFIRMATIONS,
            start=0,
            cursor=FileCursor(self._cursor),
        )
        return Federation(watchers={"hints": self._hints}, pause=3_600)(watch)

    def _hints(self, watch: Watch) -> EventSource:
        self._hinted = HintedSource(watch)
        return self._hinted

    def _tell(self, events: tuple[LogEvent, ...]) -> None:
        if self._hinted is not None:
            self._hinted.tell(Hint(tx_hash=event.tx_hash, chain_id=CHAIN_ID) for event in events)


class TestMemorySource(EventSourceConformance):
    """The source fed by hand."""

    @pytest.fixture
    def harness(self) -> EventHarness:
        """A source without events."""
        return MemoryHarness()


class TestPollingSource(EventSourceConformance):
    """Polling, over a scripted chain."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> EventHarness:
        """A chain of one block."""
        return ScriptedHarness(tmp_path / "cursor.json")


@pytest.mark.chain
class TestPollingTheEmbeddedChain(EventSourceConformance):
    """Polling, over py-evm."""

    @pytest.fixture
    def harness(self, tmp_path: Path) -> EventHarness:
        """A token nobody has moved yet."""
        return EmbeddedHarness(tmp_path / "cursor.json")


@pytest.mark.parametrize("early", [True, False], ids=["early", "late"])
class TestFederatedSource(EventSourceConformance):
    """Polling and hints as one, over a scripted chain."""

    @pytest.fixture
    def harness(self, tmp_path: Path, early: bool) -> EventHarness:
        """A chain of one block."""
        return FederatedHarness(tmp_path / "cursor.json", early=early)
