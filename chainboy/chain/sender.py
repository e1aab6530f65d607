"""Sends transactions: the one owner of a key's nonces on one chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import attrs

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.decode import Receipt
from chainboy.chain.nonces import free_nonce
from chainboy.chain.price import Fees, Spending
from chainboy.chain.refusals import is_known, is_poor, late_refusal
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.signer import Signer
from chainboy.chain.transaction import Signed, Transaction
from chainboy.errors import (
    ChainBoyError,
    InsufficientFunds,
    TransactionPending,
    TransactionReplaced,
)
from chainboy.units import Address, Digest

OnSigned = Callable[[int, Digest, bytes], None]
"""Told (nonce, transaction hash, raw transaction) after signing and before the first broadcast."""

TIMEOUT = 180.0
"""Seconds to wait for a receipt unless the caller says otherwise."""

_MANY_HELD, _KEPT = 64, 32
"""So many transactions are held before all but this many of the mined ones are let go."""


@attrs.frozen(kw_only=True)
class Prepared:
    """What a call needs to be sent: its ``gas``, what gas costs ``now``, and the account's next nonce."""

    gas: int
    now: Fees
    pending: int


class Sender:
    """One owner for each (key, chain); safe to use from many threads.

    A nonce belongs to what was signed for it first: that is kept, and broadcast again until the chain has
    it. The journal of whoever needs to survive a crash gets it through ``on_signed`` and gives it back to
    :meth:`hold` or :meth:`resend`. ``spending``: what may be paid; by default what the chain's owner said.
    """

    def __init__(
        self, chain: Chain, signer: Signer, *, timeout: float = TIMEOUT, spending: Spending | None = None
    ) -> None:
        self.chain = chain
        self.signer = signer
        self.timeout = timeout
        self.spending = spending or chain.spending
        self._lock = threading.Lock()
        self._held: dict[int, list[Signed]] = {}

    @property
    def address(self) -> Address:
        """The account that sends and pays."""
        return self.signer.address

    def send(
        self, call: Call, *, on_signed: OnSigned | None = None, timeout: float | None = None
    ) -> Receipt:
        """Try ``call`` without sending it, send it, and wait until it is in a block, final or not.

        Raises :class:`~chainboy.errors.ContractRefused` when it reverts: before anything is sent, or, when
        the chain changed in between, after gas was spent; :class:`~chainboy.errors.InsufficientFunds`;
        :class:`~chainboy.errors.TransactionPending` when it is in no block after ``timeout`` seconds;
        :class:`~chainboy.errors.ChainError`. After the last two it may still be mined: :meth:`wait` again;
        the next :meth:`send` broadcasts it again first.
        """
        tx_hash = self.submit(call, on_signed=on_signed)
        receipt = self.wait(tx_hash, timeout=timeout)
        if not receipt.status:
            raise late_refusal(self.chain, call, receipt, self.address)
        return receipt

    def prepare(self, call: Call) -> Prepared:
        """Try ``call`` without sending it, and see what it costs; raises what :meth:`send` raises."""
        try:
            gas, now, pending = self.chain.together(
                partial(self.chain.estimate_gas, call, self.address),
                self.chain.fees,
                partial(self.chain.nonce, self.address),
            )
        except RpcRefused as error:
            raise self._explained(error) from error
        return Prepared(gas=gas, now=now, pending=pending)

    def submit(
        self, call: Call, *, on_signed: OnSigned | None = None, prepared: Prepared | None = None
    ) -> Digest:
        """Like :meth:`send`, without waiting; returns the transaction's hash.

        ``prepared``: what :meth:`prepare` has just said of this call.

        After :class:`~chainboy.chain.rpc.RpcRefused` and :class:`~chainboy.errors.InsufficientFunds` nothing
        is under way, and the nonce is free again.
        """
        ready = prepared or self.prepare(call)
        with self._lock:
            nonce = self._free_nonce(ready.pending)
            signed = self._sign(self._transaction(call, nonce, ready.gas, ready.now), on_signed)
            self._held[nonce] = [signed]
            try:
                self._broadcast(signed)
            except RpcRefused as error:
                if not is_known(error):
                    del self._held[nonce]
                    raise self._explained(error) from error
        return signed.hash

    def resend(self, nonce: int, raw: bytes) -> Digest:
        """Broadcast a transaction that this key signed earlier; harmless when the chain has it already."""
        signed = Signed(nonce, raw)
        with self._lock:
            self._hold(signed)
            self._rebroadcast(signed)
        return signed.hash

    def replace(self, tried: Sequence[Signed], *, on_signed: OnSigned | None = None) -> Digest | None:
        """Offer more for the call that the transactions ``tried``, oldest first, made for one nonce.

        Returns the new transaction's hash; None if no more may be offered. Raises what :meth:`resend` raises.
        """
        made = [Transaction.decode(signed.raw) for signed in tried]
        price = self.spending.fees.again(self.chain.fees(), [each.price for each in made])
        if price is None:
            return None
        return self._offer(attrs.evolve(made[-1], price=price), on_signed)

    def cancel(self, nonce: int, *, on_signed: OnSigned | None = None) -> Digest:
        """Use up a nonce that a forgotten transaction blocks, by sending nothing to oneself."""
        call = Call(to=self.address)
        ready = self.prepare(call)
        return self._offer(self._transaction(call, nonce, ready.gas, ready.now), on_signed)

    def hold(self, signed: Iterable[Signed]) -> None:
        """Know of transactions that this key signed earlier: their nonces are not given away."""
        with self._lock:
            for each in signed:
                self._hold(each)

    def holds(self, nonce: int) -> bool:
        """Whether something is signed for this nonce, mined or not."""
        return nonce in self._held

    def wait(self, tx_hash: Digest, *, timeout: float | None = None) -> Receipt:
        """The receipt, once the transaction is in a block; a reverted one is returned too.

        It may be that of another transaction that made the same call for the same nonce and offered more.
        Raises :class:`~chainboy.errors.TransactionPending` after ``timeout`` seconds, and
        :class:`~chainboy.errors.TransactionReplaced` when its nonce went to another call.
        """
        patience = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + patience
        pause = min(1.0, self.chain.profile.block_seconds / 4)
        while (receipt := self._receipt(tx_hash)) is None:
            if time.monotonic() >= deadline:
                raise TransactionPending(
                    f"transaction 0x{tx_hash.hex()} is in no block after {patience:g} s; wait for it again",
                    tx_hash,
                )
            time.sleep(pause)
        return receipt

    def _receipt(self, tx_hash: Digest) -> Receipt | None:
        receipt = self.chain.receipt(tx_hash)
        nonce, hashes = self._attempts(tx_hash)
        if receipt is None and hashes and self._mined() > nonce:
            # It may have been mined between the two questions.
            found = (self.chain.receipt(each) for each in hashes)
            receipt = next((each for each in found if each is not None), None)
            if receipt is None:
                self._held.pop(nonce, None)
                raise TransactionReplaced(
                    f"another transaction took nonce {nonce} of 0x{tx_hash.hex()}; "
                    f"let no other program use the key of {self.address}",
                    tx_hash,
                )
        return receipt

    def _attempts(self, tx_hash: Digest) -> tuple[int, list[Digest]]:
        """The nonce of a transaction, and the hashes of all that were signed for it."""
        with self._lock:
            for nonce, tried in self._held.items():
                hashes = [signed.hash for signed in tried]
                if tx_hash in hashes:
                    return nonce, hashes
        return 0, []

    def _mined(self) -> int:
        """How many nonces blocks have taken."""
        return self.chain.nonce(self.address, pending=False)

    def _free_nonce(self, pending: int) -> int:
        """The next nonce no transaction has, once all before it are with the chain again.

        ``pending`` may be a moment old: what was signed since is held.
        """
        if len(self._held) > _MANY_HELD:
            # The newest mined ones stay: an endpoint may count too few, a block may be reorganised.
            oldest = self._mined() - _KEPT
            self._held = {nonce: tried for nonce, tried in self._held.items() if nonce >= oldest}
        for nonce in sorted(self._held):
            if nonce >= pending:
                self._rebroadcast(self._held[nonce][-1])
        return free_nonce(pending, self._held)

    def _offer(self, transaction: Transaction, on_signed: OnSigned | None) -> Digest:
        """Bring a transaction for a nonce that another one may have."""
        with self._lock:
            signed = self._sign(transaction, on_signed)
            self._hold(signed)
            self._rebroadcast(signed)
        return signed.hash

    def _sign(self, transaction: Transaction, on_signed: OnSigned | None) -> Signed:
        signed = transaction.signed(self.signer)
        if on_signed is not None:
            on_signed(signed.nonce, signed.hash, signed.raw)
        return signed

    def _hold(self, signed: Signed) -> None:
        tried = self._held.setdefault(signed.nonce, [])
        if signed not in tried:
            tried.append(signed)

    def _broadcast(self, signed: Signed) -> None:
        self.chain.rpc.once("eth_sendRawTransaction", f"0x{signed.raw.hex()}")

    def _rebroadcast(self, signed: Signed) -> None:
        """Bring it to the pool again; it keeps its nonce whatever the endpoint says."""
        try:
            self._broadcast(signed)
        except RpcRefused as error:
            if is_known(error) or self._mined() > signed.nonce:
                return
            raise self._explained(error) from error

    def _transaction(self, call: Call, nonce: int, gas: int, now: Fees) -> Transaction:
        return Transaction(
            chain_id=self.chain.chain_id,
            nonce=nonce,
            call=call,
            # State may move between estimate and block: a fifth more, as far as a block holds it.
            gas=min(gas + gas // 5, max(gas, now.block_gas)),
            price=self.spending.fees.first(now),
        )

    def _explained(self, error: RpcRefused) -> ChainBoyError:
        if is_poor(error):
            return InsufficientFunds(
                f"{self.address} cannot pay for this; send coins of {self.chain.profile.name} to it"
            )
        return error
