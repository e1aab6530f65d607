"""What was signed is read back whole, compared with eth-account's own reading."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hypothesis import given
from hypothesis import strategies as st

from chainboy.chain import Call, KeySigner, Price
from chainboy.chain.transaction import Signed, Transaction
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.errors import EncodingError
from chainboy.units import Wei

SIGNER = KeySigner(keccak(b"transaction"))

numbers = st.integers(0, 2**64 - 2)
prices = st.one_of(
    st.builds(Price, maximum=numbers),
    st.builds(lambda tip, rest: Price(maximum=tip + rest, priority=tip), numbers, numbers),
)
transactions = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**53),
    nonce=numbers,
    gas=numbers,
    price=prices,
    call=st.builds(
        Call,
        to=st.none() | st.binary(min_size=20, max_size=20).map(to_address),
        data=st.binary(max_size=200),
        value=st.integers(0, 2**128).map(Wei),
    ),
)


def fields(transaction: Transaction) -> dict[str, Any]:
    """The transaction in eth-account's words."""
    call, price = transaction.call, transaction.price
    if price.priority is None:
        offer = {"gasPrice": price.maximum}
    else:
        offer = {"maxFeePerGas": price.maximum, "maxPriorityFeePerGas": price.priority, "type": 2}
    return {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "data": call.data,
        "value": call.value,
        "gas": transaction.gas,
        **offer,
        **({} if call.to is None else {"to": call.to}),
    }


@given(transactions)
def test_signed_as_eth_account_signs(transaction: Transaction) -> None:
    """The same bytes: signatures are deterministic, and what is hashed is the same."""
    theirs = Account.sign_transaction(fields(transaction), keccak(b"transaction"))
    ours = transaction.signed(SIGNER)
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == bytes(theirs.hash)
    assert ours.nonce == transaction.nonce


@given(transactions)
def test_signed_and_read_back(transaction: Transaction) -> None:
    """Nothing is lost, for creations and calls by either fee rule."""
    raw = transaction.signed(SIGNER).raw
    assert Transaction.decode(raw) == transaction
    assert Account.recover_transaction(raw) == SIGNER.address


def test_as_eth_account_reads_it() -> None:
    """Each field is the one that an independent decoder finds, and the hash is the chain's name for it."""
    call = Call(to=to_address(b"\x11" * 20), data=b"\x01\x02", value=Wei(9))
    price = Price(maximum=203, priority=3)
    made = Transaction(chain_id=111_000, nonce=7, call=call, gas=21_000, price=price)
    signed = Account.sign_transaction(fields(made), keccak(b"transaction"))
    read = TypedTransaction.from_bytes(signed.raw_transaction).as_dict()
    assert (read["chainId"], read["nonce"], read["gas"], read["value"]) == (111_000, 7, 21_000, 9)
    assert (read["maxFeePerGas"], read["maxPriorityFeePerGas"]) == (203, 3)
    assert Transaction.decode(bytes(signed.raw_transaction)) == made
    assert Signed(7, bytes(signed.raw_transaction)).hash == bytes(signed.hash)


def test_more_for_the_same() -> None:
    """Only price and signature change."""
    made = Transaction(chain_id=5, nonce=7, call=Call(to=None, data=b"code"), gas=9, price=Price(maximum=1))
    dearer = attrs.evolve(made, price=Price(maximum=2))
    first, second = (each.signed(SIGNER).raw for each in (made, dearer))
    assert first != second
    assert Transaction.decode(second).call == Transaction.decode(first).call
    assert Transaction.decode(second).nonce == 7


@given(st.binary(max_size=120))
def test_anything_else(raw: bytes) -> None:
    """Bytes that are no such transaction are refused in a sentence."""
    with pytest.raises(EncodingError, match="this is no transaction of a kind"):
        Transaction.decode(raw)
