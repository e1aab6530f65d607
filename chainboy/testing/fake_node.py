"""An endpoint without a socket: a web3 provider that answers from a script, or as a chain with a mempool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from web3 import Web3
from web3.providers.base import BaseProvider

from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile

CHAIN_ID = 31_337
HASH = "0x" + "ab" * 32


def header(number: int, **fields: Any) -> dict[str, Any]:
    """A block as an endpoint gives it."""
    named = {"number": hex(number), "hash": "0x" + keccak(number.to_bytes(8)).hex(), "parentHash": HASH}
    return named | {"timestamp": hex(1_000 + number), "gasLimit": hex(30_000_000), "extraData": "0x"} | fields


class Refusal(Exception):
    """Makes a scripted answer an error object of JSON-RPC."""

    def __init__(self, message: str, code: int = -32000, data: Any = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message} | ({} if data is None else {"data": data})


class FakeNode(BaseProvider):
    """Answers each method with a value, by calling a function, or by raising; counts what it was asked."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {"eth_chainId": hex(CHAIN_ID), **answers}
        self.asked: list[str] = []

    def make_request(self, method: Any, params: Any) -> Any:
        """One JSON-RPC round trip."""
        self.asked.append(method)
        answer = self.answers[method]
        try:
            result = answer(*params) if callable(answer) else answer
        except Refusal as refusal:
            return {"jsonrpc": "2.0", "id": 1, "error": refusal.error}
        return {"jsonrpc": "2.0", "id": 1, "result": result}

    def count(self, method: str) -> int:
        """How often ``method`` was asked."""
        return self.asked.count(method)


class Mempool(FakeNode):
    """A chain that takes signed transactions and mines them when told.

    A second transaction of a nonce must offer a tenth more, by the rule of geth's pool; ``idle`` blocks leave
    the pool alone.
    """

    def __init__(self, *, base_fee: int | None = None) -> None:
        self.base_fee = base_fee
        self.height = 1
        self._blocks: list[int] = []
        super().__init__(
            eth_estimateGas=hex(21_000),
            eth_getBlockByNumber=self._header,
            eth_gasPrice=hex(7),
            eth_maxPriorityFeePerGas=hex(3),
            eth_getTransactionCount=self._count,
            eth_sendRawTransaction=self._take,
            eth_getTransactionReceipt=self._receipts,
        )
        self.pool: dict[int, bytes] = {}
        self.mined: list[bytes] = []
        self.status = 1
        self.before_taking: Callable[[bytes], None] = lambda _: None

    def mine(self) -> None:
        """Mine every transaction whose turn it is."""
        self.height += 1
        while (raw := self.pool.pop(len(self.mined), None)) is not None:
            self.mined.append(raw)
            self._blocks.append(self.height)

    def idle(self, blocks: int) -> None:
        """Mine nothing, so many times, a second apart."""
        self.height += blocks

    def revert(self) -> None:
        """A reorganisation drops the newest transaction; no pool has it."""
        self.mined.pop()
        self._blocks.pop()

    def _header(self, name: str, _: bool) -> dict[str, Any]:
        fee = {} if self.base_fee is None else {"baseFeePerGas": hex(self.base_fee)}
        return header(self.height if name == "latest" else int(name, 16), **fee)

    def _count(self, _: str, block: str) -> str:
        if block.startswith("0x"):
            return hex(sum(number <= int(block, 16) for number in self._blocks))
        count = len(self.mined)
        while block == "pending" and count in self.pool:
            count += 1
        return hex(count)

    def _take(self, text: str) -> str:
        raw = bytes.fromhex(text[2:])
        self.before_taking(raw)
        nonce = decoded(raw)["nonce"]
        if raw in self.pool.values():
            raise Refusal("already known")
        if nonce < len(self.mined):
            raise Refusal("nonce too low")
        if nonce in self.pool and not _outbids(raw, self.pool[nonce]):
            raise Refusal("replacement transaction underpriced")
        self.pool[nonce] = raw
        return "0x" + keccak(raw).hex()

    def _receipts(self, tx_hash: str) -> dict[str, Any] | None:
        for number, raw in enumerate(self.mined):
            if "0x" + keccak(raw).hex() == tx_hash:
                block = hex(self._blocks[number])
                fields = {"transactionHash": tx_hash, "blockNumber": block, "blockHash": HASH}
                return fields | {"gasUsed": hex(21_000), "status": hex(self.status), "logs": []}
        return None


def _outbids(raw: bytes, other: bytes) -> bool:
    new, old = decoded(raw), decoded(other)
    return all(10 * new[name] >= 11 * old[name] for name in ("price", "maximum", "priority") if name in old)


def decoded(raw: bytes) -> dict[str, int]:
    """Nonce, fees and gas of a signed transaction, read with the rlp library."""
    typed = raw[0] == 2
    items: list[bytes] = rlp.decode(raw[1:] if typed else raw)
    modern = ("chain_id", "nonce", "priority", "maximum", "gas", "to", "value")
    names = modern if typed else ("nonce", "price", "gas", "to", "value")
    return {name: int.from_bytes(item) for name, item in zip(names, items, strict=False)}


def chain_over(node: FakeNode, *, profile: ChainProfile | None = None, **options: Any) -> Chain:
    """A chain over this node that does not sleep between attempts."""
    return Chain(Web3(node), profile or ChainProfile.local(CHAIN_ID), sleep=lambda _: None, **options)
