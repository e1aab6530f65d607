"""Endpoints that can die, lag, lie, forget and quarrel, and the chain behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from web3 import Web3

from chainboy.chain import Chain, ChainProfile
from chainboy.chain.endpoints import SURVEY_SECONDS
from chainboy.chain.failover import Failover
from chainboy.chain.question import Question
from chainboy.chain.rpc import Rpc
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.testing.fake_node import CHAIN_ID, HASH, FakeNode, Refusal, header

PROFILE = ChainProfile(name="test", chain_id=CHAIN_ID, confirmations=2, block_seconds=1)
LOG = {
    "blockNumber": hex(100), "blockHash": HASH, "transactionHash": HASH, "logIndex": "0x0",
    "address": ZERO_ADDRESS, "topics": [], "data": "0x",
}  # fmt: skip


class Line(FakeNode):
    """One endpoint: how far it is, on which fork, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(
            eth_blockNumber=lambda: hex(self.head),
            eth_getBlockByNumber=self._block,
            eth_getLogs=lambda _: self.logs,
            eth_sendRawTransaction=self._take,
            eth_getBalance="0x7",
        )
        self.head, self.fork = 100, b""
        self.logs: list[Any] = []
        self.taken: list[str] = []
        self.failure: Exception | None = None
        self.batches = 0

    def make_request(self, method: Any, params: Any) -> Any:
        """Fail, if it is to fail."""
        if self.failure is not None and not isinstance(self.failure, Refusal):
            self.asked.append(method)
            raise self.failure
        return super().make_request(method, params)

    def ask_together(self, questions: Sequence[Question]) -> list[Any]:
        """One request, that fails as a whole."""
        self.batches += 1
        return [self.make_request(asked.method, list(asked.params)) for asked in questions]

    def _block(self, name: str, _: bool) -> Any:
        number = self.head if name == "latest" else int(name, 16)
        if number > self.head:
            return None
        return header(number, hash="0x" + keccak(self.fork + number.to_bytes(8)).hex())

    def _take(self, raw: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.taken.append(raw)
        return HASH


class World:
    """Endpoints a, b and c, a clock, and the chain behind them."""

    def __init__(self, count: int = 3) -> None:
        self.lines = [Line() for _ in range(count)]
        self.now = 0.0
        rpcs = {
            name: Rpc(Web3(line), None, attempts=1, sleep=lambda _: None)
            for name, line in zip("abc", self.lines, strict=False)
        }
        self.rpc = Failover(rpcs, PROFILE, attempts=1, clock=lambda: self.now)
        self.chain = Chain(rpcs["a"].web3, PROFILE, rpc=self.rpc)

    def later(self, seconds: float = SURVEY_SECONDS) -> None:
        """Time passes."""
        self.now += seconds

    def asked(self, method: str) -> list[int]:
        """How often each was asked."""
        return [line.count(method) for line in self.lines]
