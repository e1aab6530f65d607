"""Sends transactions: the one owner of a key's nonces on one chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
from eth_hash.auto import keccak

from chainboy.chain.call import Call
from chainboy.chain.client import Chain, Fees
from chainboy.chain.decode import Receipt
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.signer import Signer
from chainboy.errors import (
    ChainBoyError,
    ChainError,
    ContractRefused,
    InsufficientFunds,
    TransactionPending,
    TransactionReplaced,
)
from chainboy.units import Address, Digest

OnSigned = Callable[[int, Digest, bytes], None]
"""Told (nonce, transaction hash, raw transaction) after signing and before the first broadcast."""

TIMEOUT = 180.0
"""Seconds to wait for a receipt unless the caller says otherwise."""

_KNOWN = ("already known", "already imported", "known transaction", "transaction already in mempool")
_POOR = (
    "insufficient funds",
    "insufficient balance",
    "doesn't have enough funds",
    "cannot afford",
    "account balance",
    "not have enough balance",
)

_MANY_OPEN = 64


class Sender:
    """One owner for each (key, chain); safe to use from many threads.

    Nonces are never used twice: a signed transaction is kept and broadcast again until the chain has it. The
    journal of whoever needs to survive a crash gets it through ``on_signed`` and gives it to :meth:`resend`.
    """

    def __init__(self, chain: Chain, signer: Signer, *, timeout: float = TIMEOUT) -> None:
        self.chain = chain
        self.signer = signer
        self.timeout = timeout
        self._lock = threading.Lock()
        self._next = 0
        self._open: dict[Digest, _Signed] = {}

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
            raise self._late_refusal(call, receipt)
        return receipt

    def submit(self, call: Call, *, on_signed: OnSigned | None = None) -> Digest:
        """Like :meth:`send`, without waiting; returns the transaction's hash."""
        try:
            gas = self.chain.estimate_gas(call, self.address)
        except RpcRefused as error:
            raise self._explained(error) from error
        fees = self.chain.fees()
        with self._lock:
            nonce = self._claim_nonce()
            raw = self.signer.sign_transaction(self._transaction(call, nonce, gas, fees))
            tx_hash = Digest(keccak(raw))
            if on_signed is not None:
                on_signed(nonce, tx_hash, raw)
            self._broadcast(tx_hash, _Signed(nonce, raw))
        return tx_hash

    def resend(self, nonce: int, raw: bytes) -> Digest:
        """Broadcast a transaction that this key signed earlier; harmless when the chain has it already."""
        tx_hash = Digest(keccak(raw))
        with self._lock:
            self._broadcast(tx_hash, _Signed(nonce, raw))
        return tx_hash

    def wait(self, tx_hash: Digest, *, timeout: float | None = None) -> Receipt:
        """The receipt, once the transaction is in a block; a reverted one is returned too.

        Raises :class:`~chainboy.errors.TransactionPending` after ``timeout`` seconds, and
        :class:`~chainboy.errors.TransactionReplaced` when its nonce went to another transaction.
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
        signed = self._open.get(tx_hash)
        if receipt is None and signed and self._mined() > signed.nonce:
            receipt = self.chain.receipt(tx_hash)  # it may have been mined between the two questions
            if receipt is None:
                self._open.pop(tx_hash, None)
                raise TransactionReplaced(
                    f"another transaction took nonce {signed.nonce} of 0x{tx_hash.hex()}; "
                    f"let no other program use the key of {self.address}",
                    tx_hash,
                )
        if receipt is not None:
            self._open.pop(tx_hash, None)
        return receipt

    def _mined(self) -> int:
        """How many nonces blocks have taken."""
        return self.chain.nonce(self.address, pending=False)

    def _claim_nonce(self) -> int:
        """The next nonce no transaction has, once all before it are with the chain again."""
        if len(self._open) > _MANY_OPEN:
            mined = self._mined()
            self._open = {key: signed for key, signed in self._open.items() if signed.nonce >= mined}
        pending = self.chain.nonce(self.address)
        for tx_hash, signed in sorted(self._open.items(), key=lambda item: item[1].nonce):
            if signed.nonce >= pending:
                self._broadcast(tx_hash, signed)
        return max(self._next, pending)

    def _broadcast(self, tx_hash: Digest, signed: _Signed) -> None:
        """Hand it to the endpoint; a definite refusal frees the nonce, any other failure keeps it."""
        self._open[tx_hash] = signed
        self._next = max(self._next, signed.nonce + 1)
        try:
            self.chain.rpc.once("eth_sendRawTransaction", f"0x{signed.raw.hex()}")
        except RpcRefused as error:
            if _says(error, _KNOWN) or self._mined() > signed.nonce:
                return
            if self._next == signed.nonce + 1:  # else later ones wait for this nonce: it is tried again
                self._next = signed.nonce
                del self._open[tx_hash]
            raise self._explained(error) from error

    def _transaction(self, call: Call, nonce: int, gas: int, fees: Fees) -> dict[str, Any]:
        transaction: dict[str, Any] = {
            "chainId": self.chain.chain_id,
            "nonce": nonce,
            "data": call.data,
            "value": call.value,
            # State may move between estimate and block: a fifth more, as far as a block holds it.
            "gas": min(gas + gas // 5, max(gas, fees.block_gas)),
        }
        if call.to is not None:
            transaction["to"] = call.to
        if fees.priority is None:
            return transaction | {"gasPrice": fees.maximum}
        return transaction | {"maxFeePerGas": fees.maximum, "maxPriorityFeePerGas": fees.priority, "type": 2}

    def _explained(self, error: RpcRefused) -> ChainBoyError:
        if _says(error, _POOR):
            return InsufficientFunds(
                f"{self.address} cannot pay for this; send coins of {self.chain.profile.name} to it"
            )
        return error

    def _late_refusal(self, call: Call, receipt: Receipt) -> ContractRefused:
        """Why a transaction reverted that had passed its dry run: asked of the state its block left."""
        try:
            self.chain.call(call, block=receipt.block_number, sender=self.address)
        except ContractRefused as error:
            return error
        except ChainError:
            pass
        return ContractRefused(
            f"transaction 0x{receipt.tx_hash.hex()} reverted though it had passed its dry run; try again"
        )


def _says(error: RpcRefused, phrases: tuple[str, ...]) -> bool:
    """Endpoints have no common codes for these; their words differ little."""
    return any(phrase in error.reason.lower() for phrase in phrases)


@attrs.frozen
class _Signed:
    nonce: int
    raw: bytes
