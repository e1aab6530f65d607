"""A network in memory for the client's tests: contracts that answer by the mirror, on a hand-moved chain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from chainboy.chain.call import Call
from chainboy.chain.decode import Receipt
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import OnSigned, Sender
from chainboy.consensus.encoding import commitment, keccak
from chainboy.consensus.fields import ZERO_HASH, to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Params
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.contracts.codec import SELECTOR_BYTES, decode_values, encode_values
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.gateway import TaskState
from chainboy.contracts.hub import RoundState
from chainboy.contracts.interface import interface
from chainboy.contracts.profile import Profile
from chainboy.errors import ChainError, ContractRefused, TooManyLogs, TransactionReplaced
from chainboy.events.log import BlockRef, LogEvent, Topics
from chainboy.sandbox.protocol import Job, Run
from chainboy.tasks import Task
from chainboy.units import Address, Digest, Epoch, Fuel, TaskId, Timestamp, Weight

CHAIN_ID = 1337
PROFILE = Profile.local(genesis_time=Timestamp(0))
ME, CONSUMER, *NODES = (to_address(bytes([byte]) * 20) for byte in (0xA0, 0xC0, 0x11, 0x22, 0x33))
WEIGHTS = (Weight(50), Weight(30), Weight(20))
TOTAL = Weight(120)
"""Twenty more than those that commit."""

DEPLOYMENT = Deployment(
    chain_id=CHAIN_ID,
    token=to_address(b"\xaa" * 20),
    registry=to_address(b"\xbb" * 20),
    hub=to_address(b"\xcc" * 20),
    verifier=to_address(b"\xdd" * 20),
    gateway=to_address(b"\xee" * 20),
)

IDLE = RoundState(
    attempt=0,
    epoch=Epoch(0),
    committed=0,
    revealed=0,
    opened_at=Timestamp(0),
    commit_ends_at=Timestamp(0),
    commit_ends_at_block=0,
    missing_weight=TOTAL,
    mode=0,
)


SOURCE = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs = ["uint256 n"]
# outputs = ["uint256"]
# ///
def main(n):
    return n
"""


def returning(payload: bytes, fuel: int = 7) -> bytes:
    """The outcome of a program that returned."""
    return Outcome(Status.OK, Fuel(fuel), payload).encode()


class FakeNetwork:
    """The chain (as a ``Chain`` is used by clients) and its gateway and hub; K blocks make one final."""

    chain_id = CHAIN_ID

    def __init__(self, confirmations: int = 0) -> None:
        self.profile = ChainProfile(
            name="fake", chain_id=CHAIN_ID, confirmations=confirmations, block_seconds=1
        )
        self.number, self.time = 10, 1_000
        self.events: list[LogEvent] = []
        self.receipts: dict[bytes, Receipt] = {}
        self.most_blocks = 10**9
        self.round = IDLE
        self.leaves: list[Digest] = []
        self.reads: list[str] = []
        self._kept: dict[tuple[str, bytes], list[tuple[int, Any]]] = {}
        self._handlers: dict[str, Callable[..., Any]] = {
            "request": self._request,
            "deliver": lambda request, *_: self._settle(request, TaskState.DELIVERED),
            "retry": lambda *_: [],
            "refund": lambda request: self._settle(request, TaskState.REFUNDED),
            "withdraw": lambda _to: [],
        }
        self.requester: Address = ME

    def mine(self, blocks: int = 1, seconds: int = 1) -> None:
        """Let time pass."""
        self.number += blocks
        self.time += seconds

    def head(self) -> BlockRef:
        """The newest block."""
        return self.block(self.number)

    def final_number(self) -> int:
        """The newest block with K blocks on it."""
        return max(0, self.number - self.profile.confirmations)

    def block(self, number: int) -> BlockRef:
        """A block; each is a second younger than the next."""
        digest = Digest(hashlib.sha256(str(number).encode()).digest())
        time = Timestamp(self.time - (self.number - number))
        return BlockRef(number=number, hash=digest, parent_hash=digest, timestamp=time)

    def check(self) -> None:
        """The chain is the right one."""

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """The logs that match, ``most_blocks`` at a time."""
        if last - first >= self.most_blocks:
            raise TooManyLogs("too many blocks")
        return [
            log
            for log in self.events
            if first <= log.block_number <= last and log.address in addresses and _matches(log, topics)
        ]

    def call(self, call: Call, block: int | None = None, sender: Address | None = None) -> bytes:  # noqa: ARG002
        """A view of one of the contracts."""
        abi = {DEPLOYMENT.gateway: "ITaskGateway", DEPLOYMENT.hub: "IConsensusHub"}[call.to or ME]
        function = next(f for f in interface(abi).functions.values() if call.data.startswith(f.selector))
        arguments = decode_values(function.inputs, call.data[SELECTOR_BYTES:])
        self.reads.append(function.name)
        at = self.number if block is None else block
        views: dict[str, Callable[..., Any]] = {
            "profile": lambda: PROFILE.gateway if abi == "ITaskGateway" else PROFILE.hub,
            "stateOf": lambda task_id: self._get("state", task_id, at, TaskState.NONE),
            "recordHashOf": lambda task_id: self._get("record", task_id, at, ZERO_HASH),
            "roundOf": lambda _: self.round,
            "creditOf": lambda _: 77,
            "recordsRoot": lambda: Accumulator(self.leaves).root,
        }
        return encode_values(function.outputs, [views[function.name](*arguments)])

    def execute(self, call: Call, tx_hash: Digest) -> Receipt:
        """Put a transaction into the next block."""
        self.mine()
        if call.to == DEPLOYMENT.gateway:
            functions = interface("ITaskGateway").functions.values()
            function = next(f for f in functions if call.data.startswith(f.selector))
            arguments = decode_values(function.inputs, call.data[SELECTOR_BYTES:])
            if function.name == "request":
                arguments = (*arguments, call.value)
            made = self._handlers[function.name](*arguments)
        else:
            made = []
        return self._mined(tx_hash, made)

    def finalize(self, task: Task, outcomes: Sequence[bytes | None]) -> None:
        """A whole round at once: each node commits and, unless None, reveals its outcome."""
        params, attempt = task.params, 1
        name, hub = {"task_id": task.id}, "IConsensusHub"
        made = [_log(hub, "AttemptOpened", **name, attempt=attempt, epoch=3, total_weight=TOTAL)]
        words = [None if o is None else word_of(params.mode, o) for o in outcomes]
        ballots = [
            Ballot(node=node, payout=node, weight=weight, word=word)
            for node, weight, word in zip(NODES, WEIGHTS, words, strict=False)
        ]
        for position, (ballot, outcome) in enumerate(zip(ballots, outcomes, strict=True)):
            bound = commitment(task.id, attempt, ballot.node, keccak(outcome or b""), _salt(ballot))
            made.append(
                _log(hub, "Committed", **name, node=ballot.node, attempt=attempt, position=position,
                     payout=ballot.payout, weight=ballot.weight, commitment=bound)
            )  # fmt: skip
        counted = tally(task.id, params, TOTAL, ballots)
        self._mined(Digest(keccak(b"commit" + task.id)), made)
        self.mine()
        made = [
            _log(hub, "Revealed", **name, node=ballot.node, attempt=1, outcome=outcome, salt=_salt(ballot))
            for ballot, outcome in zip(ballots, outcomes, strict=True)
            if outcome is not None
        ]
        self._mined(Digest(keccak(b"reveal" + task.id)), made)
        self.mine()
        index = len(self.leaves)
        self.leaves.append(counted.record.hash)
        self._set("record", task.id, counted.record.hash)
        finalized = _log(
            hub, "Finalized", **name, attempt=attempt, index=index, record=counted.record,
            words=counted.words, weights=counted.weights, unrevealed=counted.unrevealed,
        )  # fmt: skip
        self._mined(Digest(keccak(b"finalize" + task.id)), [finalized])

    def settle(self, task: Task, state: TaskState) -> None:
        """Somebody else delivers or refunds."""
        self.mine()
        self._set("state", task.id, state)

    def ask(self, **fields: Any) -> LogEvent:
        """The log of a request that a consumer made."""
        return _log("ITaskGateway", "TaskRequested", **fields)

    def _request(  # noqa: PLR0917 - the contract's order
        self, program: bytes, data: bytes, params: int, gas: int, tip: int, value: int
    ) -> list[LogEvent]:
        fields = {
            "program": program, "requester": self.requester, "nonce": len(self.events), "price": value - tip,
            "tip": tip, "callback_gas": gas, "requested_at": self.time, "params": params, "input": data,
        }  # fmt: skip
        unnamed = self._placed(_log("ITaskGateway", "TaskRequested", task_id=ZERO_HASH, **fields), b"", 0)
        task_id = Task(None, _event(unnamed)).request.task_id  # type: ignore[arg-type]
        self._set("state", task_id, TaskState.REQUESTED)
        return [_log("ITaskGateway", "TaskRequested", task_id=task_id, **fields)]

    def _settle(self, request: Any, state: TaskState) -> list[LogEvent]:
        asked = (key for kind, key in self._kept if kind == "state")
        task_id = next(key for key in asked if self._nonce(key) == request["nonce"])
        if self._get("state", task_id, self.number, TaskState.NONE) is not TaskState.REQUESTED:
            raise ContractRefused("not open", "TaskNotOpen", (task_id,))
        self._set("state", TaskId(task_id), state)
        return []

    def _nonce(self, task_id: bytes) -> int:
        return next(_event(log).nonce for log in self.events if log.topics[1] == task_id)

    def _mined(self, tx_hash: Digest, made: Sequence[LogEvent]) -> Receipt:
        logs = tuple(self._placed(log, tx_hash, index) for index, log in enumerate(made))
        self.events += logs
        receipt = Receipt(
            tx_hash=tx_hash, block_number=self.number, block_hash=self.head().hash, gas_used=1, gas_price=1,
            status=True, contract=None, logs=logs,
        )  # fmt: skip
        self.receipts[tx_hash] = receipt
        return receipt

    def _placed(self, log: LogEvent, tx_hash: bytes, index: int) -> LogEvent:
        return LogEvent(
            chain_id=CHAIN_ID, block_number=self.number, block_hash=self.head().hash, tx_hash=Digest(tx_hash),
            log_index=index, address=log.address, topics=log.topics, data=log.data,
        )  # fmt: skip

    def _set(self, kind: str, task_id: TaskId, value: Any) -> None:
        self._kept.setdefault((kind, task_id), []).append((self.number, value))

    def _get(self, kind: str, task_id: bytes, block: int, default: Any) -> Any:
        held = [value for number, value in self._kept.get((kind, task_id), []) if number <= block]
        return held[-1] if held else default


class FakeSender(Sender):
    """The account ME: what it signs is executed at once, unless the transaction gets ``lost`` on the way."""

    def __init__(self, network: FakeNetwork) -> None:
        self.network = network
        self.sent: list[Call] = []
        self.lost = False
        self.replaced = False
        self._signed: dict[bytes, Call] = {}

    @property
    def address(self) -> Address:
        """The account."""
        return ME

    def send(self, call: Call, *, on_signed: OnSigned | None = None, timeout: float | None = None) -> Receipt:
        """Sign, tell, broadcast, wait."""
        raw = f"{len(self._signed)} {call.data.hex()}".encode()
        tx_hash = Digest(keccak(raw))
        self._signed[tx_hash] = call
        if on_signed is not None:
            on_signed(len(self._signed) - 1, tx_hash, raw)
        if self.lost:
            raise ChainError("the endpoint went away")
        self.resend(len(self._signed) - 1, raw)
        return self.wait(tx_hash, timeout=timeout)

    def resend(self, nonce: int, raw: bytes) -> Digest:  # noqa: ARG002
        """Broadcast, again or for the first time."""
        tx_hash = Digest(keccak(raw))
        if tx_hash not in self.network.receipts and not self.replaced:
            self.sent.append(self._signed[tx_hash])
            self.network.execute(self._signed[tx_hash], tx_hash)
        return tx_hash

    def wait(self, tx_hash: Digest, *, timeout: float | None = None) -> Receipt:  # noqa: ARG002
        """The receipt."""
        if tx_hash not in self.network.receipts:
            self.replaced = False
            raise TransactionReplaced("its nonce is gone", tx_hash)
        return self.network.receipts[tx_hash]


class FakeSandbox:
    """Finds the outcome it was made with, for more fuel than ``needs``."""

    def __init__(self, payload: bytes, needs: int = 1_000) -> None:
        self.payload, self.needs = payload, needs
        self.jobs: list[Job] = []

    def serves(self, runtime: str) -> bool:
        """The default runtime only."""
        return runtime == "cpython-wasm:1"

    def run(self, job: Job) -> Run:
        """Run out of fuel, or return."""
        self.jobs.append(job)
        if job.fuel_limit < self.needs:
            return Run(outcome=Outcome(Status.OUT_OF_FUEL, job.fuel_limit, b""))
        return Run(outcome=Outcome(Status.OK, Fuel(self.needs), self.payload), logs="hello", seconds=0.5)


def _salt(ballot: Ballot) -> bytes:
    return keccak(ballot.node.encode())


def _event(log: LogEvent) -> Any:
    from chainboy.contracts.gateway import Gateway  # noqa: PLC0415

    return Gateway.decode(log)


def _log(abi: str, name: str, **fields: Any) -> LogEvent:
    event = interface(abi).events[name]
    indexed = [part for part in event.inputs if part.indexed]
    plain = [part for part in event.inputs if not part.indexed]
    address = DEPLOYMENT.gateway if abi == "ITaskGateway" else DEPLOYMENT.hub
    return LogEvent(
        chain_id=CHAIN_ID,
        block_number=0,
        block_hash=Digest(ZERO_HASH),
        tx_hash=Digest(ZERO_HASH),
        log_index=0,
        address=address,
        topics=(event.topic, *(encode_values([part], [fields[part.name]]) for part in indexed)),
        data=encode_values(plain, [fields[part.name] for part in plain]),
    )


def _matches(log: LogEvent, topics: Topics) -> bool:
    for mine, wanted in zip(log.topics, topics, strict=False):
        options = [wanted] if isinstance(wanted, bytes) else wanted
        if options is not None and mine not in options:
            return False
    return True


def params_of(task: Task) -> Params:
    """The rules of a task."""
    return Params.unpack(task.request.params)
