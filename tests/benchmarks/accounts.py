"""Accounts whose keys follow from their names, and that send without a dry run."""

from __future__ import annotations

import hashlib
import time

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.decode import Receipt
from chainboy.chain.price import Price
from chainboy.chain.sender import OnSigned
from chainboy.chain.signer import KeySigner
from chainboy.chain.transaction import Transaction

GAS_LIMIT = 20_000_000
"""Given to every transaction: a limit that follows an estimate would differ between chains."""

GAS_PRICE = 10**10


def key_of(name: str) -> KeySigner:
    """The key of that name, worthless outside a benchmark."""
    return KeySigner(hashlib.sha256(b"chainboy benchmark: " + name.encode()).digest())


class Account:
    """One key on one chain, and the receipts of all that it sent; a sender, as far as `deploy` needs one."""

    def __init__(self, chain: Chain, signer: KeySigner) -> None:
        self.chain = chain
        self.signer = signer
        self.address = signer.address
        self.receipts: list[Receipt] = []

    def send(self, call: Call, *, on_signed: OnSigned | None = None) -> Receipt:
        """The receipt of ``call``; a reverted one is a broken benchmark and raises its reason."""
        nonce, price = self.chain.nonce(self.address), Price(maximum=GAS_PRICE)
        transaction = Transaction(
            chain_id=self.chain.chain_id, nonce=nonce, call=call, gas=GAS_LIMIT, price=price
        )
        signed = transaction.signed(self.signer)
        if on_signed is not None:
            on_signed(nonce, signed.hash, signed.raw)
        self.chain.rpc.once("eth_sendRawTransaction", f"0x{signed.raw.hex()}")
        while (receipt := self.chain.receipt(signed.hash)) is None:
            time.sleep(0.001)
        if not receipt.status:
            self.chain.call(call, block=receipt.block_number - 1, sender=self.address)
            raise AssertionError("a transaction of the benchmark reverted")
        self.receipts.append(receipt)
        return receipt
