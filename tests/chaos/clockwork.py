"""The chain's clock: a block whenever every node that can has begun a round of work on the one before.

So a slow machine makes no node late, and a node that stands still by its own fault does not stop the clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from random import Random
from typing import Any

from crew import Member

from chainboy.testing.backends import AnvilChain

MOST_SECONDS = 120.0
"""The clock goes on after so long: whatever keeps a node, the others have work."""


class Clockwork:
    """Mines ``backend``; a block every ``pause`` real seconds at the most."""

    def __init__(self, backend: AnvilChain, *, pause: float) -> None:
        self._backend = backend
        self._pause = pause
        self._last = time.monotonic()
        self.late: list[str] = []
        self.rpc("evm_setAutomine", False)
        self.rpc("anvil_setBlockTimestampInterval", 1)
        self.head = int(self.rpc("eth_blockNumber"), 16)

    def rpc(self, method: str, *params: Any) -> Any:
        """What the chain itself says."""
        answer: Any = self._backend.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, (method, answer)
        return answer.get("result")

    def tick(self, waiting_for: Iterable[Member]) -> int:
        """Mine a block once all of these have begun to work on the last one; its number."""
        members = list(waiting_for)
        deadline = time.monotonic() + MOST_SECONDS
        while any(member.alive and member.counter.knows < self.head for member in members):
            if time.monotonic() > deadline:
                names = [m.index for m in members if m.alive and m.counter.knows < self.head]
                self.late.append(f"nodes {names} did not look at block {self.head} for {MOST_SECONDS:g} s")
                break
            time.sleep(0.01)
        time.sleep(max(0.0, self._last + self._pause - time.monotonic()))
        self.rpc("evm_mine")
        self._last = time.monotonic()
        self.head += 1
        return self.head

    def jump(self, seconds: int) -> None:
        """The next block comes so much later."""
        self.rpc("evm_increaseTime", seconds)

    def reorganise(self, depth: int, dice: Random) -> None:
        """Replace the newest blocks by empty ones; the pool has half of their transactions again at once."""
        lost = []
        for number in range(self.head - depth + 1, self.head + 1):
            block = self.rpc("eth_getBlockByNumber", hex(number), False)
            lost += [self.rpc("eth_getRawTransactionByHash", each) for each in block["transactions"]]
        self.rpc("anvil_reorg", depth, [])
        for raw in lost:
            if dice.random() < 0.5:
                self._backend.web3.provider.make_request("eth_sendRawTransaction", [raw])  # type: ignore[arg-type]
