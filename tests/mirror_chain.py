"""A chain in memory for tests: calls decoded by the committed ABIs, and a pool of signed transactions.

Stands in for :class:`~chainboy.chain.client.Chain`. A subclass has the contracts' mirrors, and answers as of
any block.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import attrs
import rlp  # type: ignore[import-untyped]
from eth_account import Account

from chainboy.chain.call import Call
from chainboy.chain.decode import Receipt
from chainboy.chain.price import Fees, Spending
from chainboy.chain.profile import ChainProfile
from chainboy.chain.rpc import RpcRefused
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH, to_address
from chainboy.contracts.codec import SELECTOR_BYTES, decode_values, encode_values, snake_case
from chainboy.contracts.interface import interface
from chainboy.errors import ChainError, ContractRefused, TooManyLogs
from chainboy.events.log import BlockRef, LogEvent, Topics
from chainboy.units import Address, Digest, Timestamp, Wei

GENESIS = 1_000
"""The time of block 0, in seconds."""

GAS, PRICE_OF_GAS = 100_000, 10

Made = tuple[Address, str, str, dict[str, Any]]
"""An event: whose, of which ABI, its name and fields."""


@attrs.frozen
class _Signed:
    hash: Digest
    sender: Address
    nonce: int
    call: Call


class MirrorChain:
    """What both chains have: blocks, logs, a pool. A subclass keeps its mirrors in ``state``.

    ``down``: every question fails. ``hidden``: logs that are left out. ``auto``: each transaction is mined.
    """

    ABIS: ClassVar[Mapping[Address, str]]

    def __init__(self, name: str, chain_id: int, confirmations: int) -> None:
        self.profile = ChainProfile(
            name=name, chain_id=chain_id, confirmations=confirmations, block_seconds=1
        )
        self.chain_id = chain_id
        self.spending = Spending()
        self.lock = threading.RLock()
        self.rpc = self
        self.down = False
        self.auto = True
        self.gas = GAS
        self.price = PRICE_OF_GAS
        self.most_blocks = 10**9
        self.hidden: Callable[[LogEvent], bool] = lambda _: False
        self.poor: set[Address] = set()
        self.events: list[LogEvent] = []
        self.pool: list[_Signed] = []
        self.executed: list[_Signed] = []
        self.broadcasts = 0
        self._receipts: dict[bytes, Receipt] = {}
        self._times = [Timestamp(GENESIS)]
        self._states: list[tuple[int, Any]] = []

    # what a Chain offers

    def check(self) -> None:
        """The endpoint serves the right chain."""

    def head(self) -> BlockRef:
        """The newest block."""
        return self.block(len(self._times) - 1)

    def final_number(self) -> int:
        """The newest block with K blocks on it."""
        return max(0, self.head().number - self.profile.confirmations)

    def block(self, number: int) -> BlockRef:
        """The block of this number."""
        self._fail_when_down()
        names = [hashlib.sha256(f"{self.chain_id} {n}".encode()).digest() for n in (number, number - 1)]
        return BlockRef(
            number=number,
            hash=Digest(names[0]),
            parent_hash=Digest(names[1]),
            timestamp=self._times[number],
        )

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """The logs that match, ``most_blocks`` at a time."""
        self._fail_when_down()
        if last - first >= self.most_blocks:
            raise TooManyLogs("too many blocks")
        there = (log for log in self.events if first <= log.block_number <= last and not self.hidden(log))
        return [log for log in there if log.address in addresses and _matches(log, topics)]

    def call(self, call: Call, block: int | None = None, sender: Address | None = None) -> bytes:
        """A view, or what a transaction would do."""
        self._fail_when_down()
        name, arguments, outputs = self._decoded(call)
        state = self.state_at(len(self._times) - 1 if block is None else block)
        views = self.views(call.to, state)
        if name in views:
            found = views[name](*arguments)
            return encode_values(outputs, [found] if len(outputs) == 1 else (found or ()))
        self._tried(call, sender or ZERO_ADDRESS)
        return b""

    def together(self, *reads: Callable[[], Any]) -> tuple[Any, ...]:
        """What each read gives, one after the other."""
        return tuple(read() for read in reads)

    def estimate_gas(self, call: Call, sender: Address) -> int:
        """A fixed figure, unless the mirror refuses."""
        self._fail_when_down()
        self._tried(call, sender)
        return self.gas

    def fees(self) -> Fees:
        """A fixed price, without EIP-1559."""
        self._fail_when_down()
        return Fees(maximum=self.price, priority=None, block_gas=10**7)

    def nonce(self, address: Address, *, pending: bool = True, block: int | None = None) -> int:
        """How many transactions of the account were taken, or wait, or were taken until a block."""
        self._fail_when_down()
        counted = self.executed + (self.pool if pending and block is None else [])
        if block is not None:
            counted = [each for each in counted if self._receipts[each.hash].block_number <= block]
        return sum(each.sender == address for each in counted)

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """What became of a transaction."""
        self._fail_when_down()
        return self._receipts.get(tx_hash)

    def once(self, method: str, raw: str) -> str:
        """``eth_sendRawTransaction``."""
        self._fail_when_down()
        data = bytes.fromhex(raw[2:])
        nonce, _, _, to, value, payload, *_ = rlp.decode(data)
        call = Call(to=to_address(to), data=payload, value=Wei(int.from_bytes(value, "big")))
        signed = _Signed(
            hash=Digest(keccak(data)),
            sender=Address(Account.recover_transaction(data)),
            nonce=int.from_bytes(nonce, "big"),
            call=call,
        )
        self.broadcasts += 1
        if signed.sender in self.poor:
            raise RpcRefused(method, -32000, "insufficient funds for gas")
        if signed in self.pool or signed.hash in self._receipts:
            raise RpcRefused(method, -32000, "already known")
        if signed.nonce < self.nonce(signed.sender, pending=False):
            raise RpcRefused(method, -32000, "nonce too low")
        same = (signed.sender, signed.nonce)
        self.pool = [each for each in self.pool if (each.sender, each.nonce) != same]  # as dear as it wants
        self.pool.append(signed)
        if self.auto:
            self.mine()
        return f"0x{signed.hash.hex()}"

    # what a test does

    @property
    def state(self) -> Any:
        """What the newest block left."""
        return self._states[-1][1]

    def state_at(self, number: int) -> Any:
        """What a block left."""
        return next(state for block, state in reversed(self._states) if block <= number)

    @property
    def now(self) -> int:
        """The newest block's time."""
        return self._times[-1]

    def mine(self, blocks: int = 1, seconds: int = 1) -> None:
        """New blocks, the first of them with what waits in the pool, ``seconds`` one after the other."""
        for _ in range(blocks):
            self._times.append(Timestamp(self.now + seconds))
            waiting, self.pool = sorted(self.pool, key=lambda each: each.nonce), []
            for signed in waiting:
                self._execute(signed)

    def idle(self, blocks: int, seconds: int = 1) -> None:
        """New blocks that leave the pool alone."""
        waiting, self.pool = self.pool, []
        self.mine(blocks, seconds)
        self.pool = waiting

    def drop(self) -> None:
        """The pool forgets what waits in it."""
        self.pool.clear()

    def travel(self, time: int) -> None:
        """A block at this time."""
        if time > self.now:
            self.mine(seconds=time - self.now)

    def emit(self, *made: Made, tx_hash: Digest | None = None) -> tuple[LogEvent, ...]:
        """Logs in the newest block."""
        number = len(self._times) - 1
        first = sum(log.block_number == number for log in self.events)
        logs = tuple(
            attrs.evolve(
                encoded(*each),
                chain_id=self.chain_id,
                block_number=number,
                block_hash=self.block(number).hash,
                tx_hash=tx_hash or Digest(keccak(f"{number} {first + place}".encode())),
                log_index=first + place,
            )
            for place, each in enumerate(made)
        )
        self.events += logs
        return logs

    def change(self, effect: Callable[[Any], list[Made]]) -> None:
        """Put something into a block of its own, past all transactions."""
        self.mine()
        self.emit(*self._keep(effect))

    def views(self, address: Address | None, state: Any) -> dict[str, Callable[..., Any]]:
        """The views of one contract."""
        raise NotImplementedError

    def write(
        self, state: Any, name: str, arguments: Sequence[Any], sender: Address, value: int
    ) -> list[Made]:
        """What a transaction does."""
        raise NotImplementedError

    def _keep(self, effect: Callable[[Any], list[Made]]) -> list[Made]:
        state = copy.deepcopy(self.state)
        made = effect(state)
        self._states.append((len(self._times) - 1, state))
        return made

    def _execute(self, signed: _Signed) -> None:
        self.executed.append(signed)
        number, status, logs = len(self._times) - 1, True, ()
        try:
            if signed.call.to in self.ABIS:
                name, arguments, _ = self._decoded(signed.call)
                made = self._keep(
                    lambda state: self.write(state, name, arguments, signed.sender, signed.call.value)
                )
                logs = self.emit(*made, tx_hash=signed.hash)
        except ContractRefused:
            status = False
        self._receipts[signed.hash] = Receipt(
            tx_hash=signed.hash, block_number=number, block_hash=self.block(number).hash, gas_used=1,
            gas_price=1, status=status, contract=None, logs=logs,
        )  # fmt: skip

    def _tried(self, call: Call, sender: Address) -> None:
        if call.to not in self.ABIS:
            return
        name, arguments, _ = self._decoded(call)
        self.write(copy.deepcopy(self.state), name, arguments, sender, call.value)

    def _decoded(self, call: Call) -> tuple[str, tuple[Any, ...], Any]:
        functions = interface(self.ABIS[call.to or ZERO_ADDRESS]).functions.values()
        function = next(each for each in functions if call.data.startswith(each.selector))
        arguments = decode_values(function.inputs, call.data[SELECTOR_BYTES:])
        return snake_case(function.name), arguments, function.outputs

    def _fail_when_down(self) -> None:
        if self.down:
            raise ChainError(f"the endpoint of {self.profile.name} is down; try again")


def encoded(address: Address, abi: str, name: str, fields: Mapping[str, Any]) -> LogEvent:
    """A log by the ABI, in no block yet."""
    event = interface(abi).events[name]
    indexed = [part for part in event.inputs if part.indexed]
    plain = [part for part in event.inputs if not part.indexed]
    return LogEvent(
        chain_id=0,
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
