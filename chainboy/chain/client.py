"""One chain as this package sees it: blocks, logs, calls and receipts, over any web3 provider."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from chainboy.chain import decode
from chainboy.chain.call import Call
from chainboy.chain.decode import Receipt
from chainboy.chain.gathering import Gathering
from chainboy.chain.price import Fees, Spending
from chainboy.chain.profile import ChainProfile, FeeRule
from chainboy.chain.rpc import ATTEMPTS, Lock, Requests, Rpc, RpcRefused, RpcReverted, RpcTimeout, attempt
from chainboy.errors import ChainError, ConfigError, ContractRefused, TooManyLogs, WrongChain
from chainboy.events.log import BlockRef, LogEvent, Topics, log_filter
from chainboy.units import Address, Wei

if TYPE_CHECKING:
    from web3 import Web3

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


class Chain:
    """One chain's RPC, safe to use from many threads.

    ``spending`` is what its user is ready to pay there; ``rpc``, if given, asks in place of ``web3``.

    ``lock`` is held around every request. An in-process backend needs one: all chains over the same backend,
    and whoever mines on it, must share it; without it such a chain gets one of its own. Every method raises
    :class:`~chainboy.errors.ChainError` when the endpoint fails, after trying reads a few times.
    """

    def __init__(
        self,
        web3: Web3,
        profile: ChainProfile,
        *,
        lock: Lock | None = None,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        spending: Spending | None = None,
        rpc: Requests | None = None,
    ) -> None:
        if lock is None and hasattr(web3.provider, "ethereum_tester"):
            lock = threading.RLock()
        if profile.poa:
            _accept_poa_headers(web3)
        self.profile = profile
        self.spending = spending or Spending()
        self.rpc: Requests = rpc or Rpc(web3, lock, attempts=attempts, sleep=sleep)
        self._mine = threading.local()
        self._suggested_by = "eth_maxPriorityFeePerGas"
        """Which method tells what to offer here: asked beside the block that shows whether it is the one."""

    @property
    def chain_id(self) -> int:
        """The chain's id, as its profile names it; :meth:`check` asks the endpoint."""
        return self.profile.chain_id

    @property
    def web3(self) -> Web3:
        """The connection itself, for what this class does not offer."""
        return self.rpc.web3

    @property
    def lock(self) -> Lock:
        """Hold it to keep an in-process backend to yourself."""
        return self.rpc.lock

    @overload
    def together(self, one: Callable[[], A], other: Callable[[], B], /) -> tuple[A, B]: ...
    @overload
    def together(
        self, one: Callable[[], A], other: Callable[[], B], third: Callable[[], C], /
    ) -> tuple[A, B, C]: ...
    @overload
    def together(self, *reads: Callable[[], A]) -> tuple[A, ...]: ...
    def together(self, *reads: Callable[[], Any]) -> tuple[Any, ...]:
        """What these ``reads`` of this chain return, in as few round trips as the endpoint allows.

        A read is a function of no arguments and without effects, called again until all it asks is answered:
        what none needs another's answer for is asked at once. Raises the first failure among them.
        """
        outer = self._gathering
        if outer is not None:
            return tuple(answer.get() for answer in outer.within(reads))
        gathering = self._mine.gathering = Gathering()
        try:
            return tuple(answer.get() for answer in gathering.run(reads, self.rpc.together))
        finally:
            self._mine.gathering = None

    def check(self) -> None:
        """Raise :class:`~chainboy.errors.WrongChain` unless the endpoint serves the profile's chain."""
        served = decode.quantity(self._read("eth_chainId"))
        if served != self.chain_id:
            raise WrongChain(
                f"the endpoint serves chain {served}, not {self.profile.name} ({self.chain_id}); "
                "correct the endpoint or the profile"
            )

    def head(self) -> BlockRef:
        """The newest block; it is not final before ``profile.confirmations`` blocks stand on it."""
        return decode.block_ref(self._header("latest"))

    def final_number(self) -> int:
        """The newest block that counts as final: K blocks stand on it; at the chain's start the first one."""
        return max(0, self.head().number - self.profile.confirmations)

    def block(self, number: int) -> BlockRef:
        """The block of this number in the chain as the endpoint sees it now."""
        ref = decode.block_ref(self._header(hex(number)))
        if ref.number != number:
            raise ChainError(f"the endpoint gave block {ref.number} for block {number}; use another endpoint")
        return ref

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """The logs of blocks ``first`` to ``last``, both included, in the chain's order.

        Raises :class:`~chainboy.errors.TooManyLogs` when the endpoint refuses so long a range or is too slow
        for it; asking for fewer blocks may help.
        """
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), **log_filter(addresses, topics)}
        try:
            # Tried once: the caller asks for less, or again.
            answer = self._read_once("eth_getLogs", wanted)
        except (RpcRefused, RpcTimeout) as error:
            raise TooManyLogs(f"the endpoint gave no logs of blocks {first} to {last}: {error}") from error
        events = decode.log_events(answer, self.chain_id)
        known = frozenset(addresses)
        for event in events:
            if not first <= event.block_number <= last or event.address not in known:
                raise ChainError("the endpoint answered with logs nobody asked for; use another endpoint")
        return sorted(events, key=lambda event: event.position)

    def call(self, call: Call, block: int | None = None, sender: Address | None = None) -> bytes:
        """What the contract returns, as of ``block`` (None: the newest).

        Raises :class:`~chainboy.errors.ContractRefused` when it reverts. Nothing is sent.
        """
        state = "latest" if block is None else hex(block)
        try:
            answer = self._read("eth_call", _message(call, sender), state)
        except RpcReverted as error:
            raise refusal(call, error) from error
        return decode.data(answer)

    def estimate_gas(self, call: Call, sender: Address) -> int:
        """Gas that ``call`` needs now; nothing is sent.

        Raises :class:`~chainboy.errors.ContractRefused` when it would revert.
        """
        try:
            return decode.quantity(self._read("eth_estimateGas", _message(call, sender)))
        except RpcReverted as error:
            if not error.data:
                self.call(call, sender=sender)  # some endpoints explain a revert only here
            raise refusal(call, error) from error

    def fees(self) -> Fees:
        """What to offer for gas now, by the profile's rule: by itself EIP-1559 where there is a base fee.

        Raises :class:`~chainboy.errors.ConfigError` where the profile asks for EIP-1559 and the newest block
        has no base fee.
        """
        expected = self._suggested_by
        head, suggested = self.together(
            partial(self._header, "latest"), partial(attempt, self._read, expected)
        )
        block_gas = decode.quantity(decode.field(head, "gasLimit"))
        base, rule = head.get("baseFeePerGas"), self.profile.fees
        if base is None and rule is FeeRule.EIP1559:
            raise ConfigError(f"{self.profile.name} has no base fee; set its fees to legacy or auto")
        legacy = base is None or rule is FeeRule.LEGACY
        self._suggested_by = "eth_gasPrice" if legacy else "eth_maxPriorityFeePerGas"
        same = self._suggested_by == expected
        price = decode.quantity(suggested.get() if same else self._read(self._suggested_by))
        if legacy:
            return Fees(maximum=price, priority=None, block_gas=block_gas)
        floor = decode.quantity(base)
        # Twice the base fee stays enough for six full blocks in a row.
        return Fees(maximum=2 * floor + price, priority=price, block_gas=block_gas, base=floor)

    def balance(self, address: Address) -> Wei:
        """Coins of ``address`` now, in wei."""
        return Wei(decode.quantity(self._read("eth_getBalance", address, "latest")))

    def code(self, address: Address) -> bytes:
        """The contract code at ``address``; empty where there is none."""
        return decode.data(self._read("eth_getCode", address, "latest"))

    def nonce(self, address: Address, *, pending: bool = True, block: int | None = None) -> int:
        """The next nonce of ``address``, with or without transactions that are not in a block yet.

        ``block``: as of that block, whatever came later.
        """
        state = "pending" if pending else "latest"
        state = state if block is None else hex(block)
        return decode.quantity(self._read("eth_getTransactionCount", address, state))

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """What became of a transaction; None while it is in no block."""
        answer = self._read("eth_getTransactionReceipt", f"0x{tx_hash.hex()}")
        return None if answer is None else decode.receipt(answer, self.chain_id)

    def logs_of(self, tx_hash: bytes) -> tuple[LogEvent, ...] | None:
        """The logs of a transaction where it stands now; None while it is in no block."""
        receipt = self.receipt(tx_hash)
        if receipt is None:
            return None
        if receipt.tx_hash != tx_hash or any(
            (log.tx_hash, log.block_hash, log.block_number)
            != (tx_hash, receipt.block_hash, receipt.block_number)
            for log in receipt.logs
        ):
            raise ChainError(
                f"the endpoint gave no coherent receipt of 0x{tx_hash.hex()}; use another endpoint"
            )
        return receipt.logs

    @property
    def _gathering(self) -> Gathering | None:
        """What this thread gathers now."""
        found: Gathering | None = getattr(self._mine, "gathering", None)
        return found

    def _read(self, method: str, *params: Any) -> Any:
        ask = self._gathering.ask if self._gathering is not None else self.rpc.read
        return ask(method, *params)

    def _read_once(self, method: str, *params: Any) -> Any:
        ask = self._gathering.ask if self._gathering is not None else self.rpc.once
        return ask(method, *params)

    def _header(self, name: str) -> Any:
        answer = self._read("eth_getBlockByNumber", name, False)
        if answer is None:
            raise ChainError(f"the endpoint does not have block {name} yet; try again later")
        return answer


def refusal(call: Call, error: RpcReverted) -> ContractRefused:
    """The refusal of ``call`` in its contract's own words."""
    if error.data:
        return call.explain(error.data)
    return ContractRefused(f"the contract gave no reason ({error}); check its address and the value sent")


def _message(call: Call, sender: Address | None) -> dict[str, str]:
    message = {"data": f"0x{call.data.hex()}", "value": hex(call.value)}
    if call.to is not None:
        message["to"] = call.to
    if sender is not None:
        message["from"] = sender
    return message


def _accept_poa_headers(web3: Web3) -> None:
    """Let whoever uses :attr:`Chain.web3` read headers whose extra data proves authority."""
    from web3.middleware import ExtraDataToPOAMiddleware  # noqa: PLC0415 - web3 is loaded by now

    if ExtraDataToPOAMiddleware not in web3.middleware_onion:
        web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
