"""A surge: all requests in one range of blocks, and how long the nodes take to commit to each."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable

import attrs
from eth_account import Account
from fleet import CONFIRMATIONS, Fleet

from chainboy.chain.call import Call
from chainboy.consensus.params import Mode, Params
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.hub_events import Committed, EntrySkipped
from chainboy.testing.backends import FAUCET_KEY
from chainboy.units import Fuel, TaskId, Timestamp, Wei

PRICE = 10**16
LIFE = 7_000
PER_BLOCK = 400
"""Requests that fit a block of 30,000,000 gas."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of a surge; times in seconds, memory in kibibytes, one figure a node."""

    requests: int
    blocks: int
    """Into which the requests came."""
    known: list[int]
    """Requests in each node's journal."""
    commitments: Counter[TaskId]
    skipped: int
    seconds: float
    """From waking the nodes, all requests being final, to the last commitment in a block."""
    floor: float
    """One round trip and one signature, the median of many in the same run."""
    idle: list[int]
    """Memory before the first request."""
    early: list[int]
    """Memory when a tenth of the commitments were there."""
    half: list[int]
    """Memory when half of them were."""
    late: list[int]
    """Memory at the end."""

    @property
    def ratio(self) -> float:
        """Time a commitment takes, all nodes together, over the floor."""
        return self.seconds / max(1, self.commitments.total()) / self.floor

    @property
    def growth(self) -> float:
        """The most that any node's memory grew from half of the way to the end."""
        return max(late / half for half, late in zip(self.half, self.late, strict=True))


class Surge:
    """Asks a fleet for many runs at once.

    ``still``: seconds without any commitment after which no more are waited for.
    """

    def __init__(
        self, fleet: Fleet, requests: int, *, block_seconds: float = 1.0, still: float = 1_800.0
    ) -> None:
        self._still = still
        self._fleet = fleet
        self._requests = requests
        self._pause = block_seconds
        self._rpc = fleet.backend.web3.provider.make_request
        self._rpc("evm_setAutomine", [False])
        self._rpc("anvil_setBlockTimestampInterval", [1])

    def run(self, expected: int, tell: Callable[[str], object] = lambda _: None) -> Outcome:
        """Until there are ``expected`` commitments, or none come any more."""
        idle = self._fleet.memory()
        floor = self.floor()
        with self._fleet.asleep():
            first = self._ask() + 1
            blocks = self._fleet.world.chain.head().number - first + 1
            self._rpc("anvil_mine", [hex(CONFIRMATIONS)])
        began = last = time.monotonic()
        found: Counter[TaskId] = Counter()
        early, half, skipped, read = idle, idle, 0, first
        while found.total() < expected and time.monotonic() < last + self._still:
            read, more, passed = self._commitments(read)
            skipped += passed
            if more:
                last = time.monotonic()
            before, after = found.total(), found.total() + more.total()
            if before < expected // 10 <= after:
                early = self._fleet.memory()
            if before < expected // 2 <= after:
                half = self._fleet.memory()
            found += more
            tell(f"{last - began:.0f} s: {found.total()} commitments, memory {max(self._fleet.memory())} KiB")
        return Outcome(
            requests=len(self._requested(first)),
            blocks=blocks,
            known=[runner.known for runner in self._fleet.runners],
            commitments=found,
            skipped=skipped,
            seconds=last - began,
            floor=floor,
            idle=idle,
            early=early,
            half=half,
            late=self._fleet.memory(),
        )

    def floor(self) -> float:
        """Seconds of one round trip to the chain and one signature."""
        chain, account = self._fleet.world.chain, Account.from_key(FAUCET_KEY)
        fields = {"to": account.address, "value": 0, "gas": 21_000, "gasPrice": 1, "chainId": 1}
        taken = []
        for nonce in range(50):
            start = time.perf_counter()
            chain.balance(account.address)
            account.sign_transaction({**fields, "nonce": nonce})
            taken.append(time.perf_counter() - start)
        return statistics.median(taken)

    def _ask(self) -> int:
        """Send every request, the programs in turn, and mine them; the head before the first one."""
        fleet, account = self._fleet, Account.from_key(FAUCET_KEY)
        head = fleet.world.chain.head()
        nonce = fleet.world.chain.nonce(account.address)
        params = Params(
            mode=Mode.EXACT,
            commit_window=300,
            fuel_limit=Fuel(10**6),
            expires_at=Timestamp(head.timestamp + LIFE),
        )
        for number in range(self._requests):
            call = fleet.world.gateway.request(
                program=fleet.programs[number % len(fleet.programs)].digest,
                input=number.to_bytes(32, "big"),
                params=params.pack(),
                price=PRICE,
            )
            self._send(account, call, nonce + number)
            if number % PER_BLOCK == PER_BLOCK - 1:
                self._rpc("evm_mine", [])
        self._rpc("evm_mine", [])
        return head.number

    def _send(self, account: Account, call: Call, nonce: int) -> None:
        signed = account.sign_transaction(  # type: ignore[attr-defined]
            {
                "to": call.to,
                "data": f"0x{call.data.hex()}",
                "value": Wei(PRICE),
                "nonce": nonce,
                "gas": 200_000,
                "gasPrice": 10**12,
                "chainId": self._fleet.world.chain.chain_id,
            }
        )
        answer = self._rpc("eth_sendRawTransaction", [f"0x{signed.raw_transaction.hex()}"])
        assert "error" not in answer, answer

    def _mine(self) -> None:
        time.sleep(self._pause)
        self._rpc("evm_mine", [])

    def _commitments(self, read: int) -> tuple[int, Counter[TaskId], int]:
        """Mine a block; what is committed from block ``read`` on, and what is to be read next."""
        self._mine()
        world = self._fleet.world
        head = world.chain.head().number
        logs = world.chain.logs([world.hub.address], [], read, head)
        skipped = len(world.hub.events(logs, EntrySkipped))
        return head + 1, Counter(event.task_id for event in world.hub.events(logs, Committed)), skipped

    def _requested(self, first: int) -> list[TaskId]:
        world = self._fleet.world
        logs = world.chain.logs([world.gateway.address], [], first, world.chain.head().number)
        return [event.task_id for event in world.gateway.events(logs, TaskRequested)]
