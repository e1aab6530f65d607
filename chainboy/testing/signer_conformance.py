"""What every signer must do: subclass, say how to make one, run with pytest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest
from eth_account import Account
from eth_keys.backends.native.main import NativeECCBackend
from eth_keys.main import KeyAPI

from chainboy.chain.call import Call
from chainboy.chain.price import Price
from chainboy.chain.signer import Signer
from chainboy.chain.transaction import Transaction
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import address_bytes
from chainboy.consensus.signing import Domain, register_message

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

MESSAGES = (b"", b"\x00", b"\xff" * 32, b"a message", bytes(range(256)) * 100)
"""None, zeros, one that looks like a hash, text, and as much as a large transaction."""

OFFERS = (Price(maximum=7), Price(maximum=9, priority=2))


def signer_of(message: bytes, signature: bytes) -> str:
    """Whose 65-byte signature over keccak256(message) this is, by arithmetic in pure Python."""
    parts = KeyAPI(NativeECCBackend()).Signature(signature[:64] + bytes([signature[64] - 27]))
    return parts.recover_public_key_from_msg_hash(keccak(message)).to_checksum_address()


class SignerConformance(ABC):
    """The tests; a subclass names itself ``Test…`` and supplies the two fixtures."""

    @pytest.fixture
    @abstractmethod
    def signer(self) -> Signer:
        """A signer that derives secrets."""

    @pytest.fixture
    @abstractmethod
    def again(self) -> Signer:
        """The same account with the same secret, as another process would open it."""

    def test_the_address(self, signer: Signer, again: Signer) -> None:
        """It has the checksum of EIP-55, and is the same at every opening."""
        assert len(address_bytes(signer.address)) == 20
        assert signer.address == again.address

    @pytest.mark.parametrize("message", MESSAGES, ids=len)
    def test_signatures(self, signer: Signer, message: bytes) -> None:
        """Bytes r ‖ s ‖ v with low s and v 27 or 28, over the message's keccak256 and by this account."""
        signature = signer.sign(message)
        assert len(signature) == 65
        assert signature[64] in (27, 28)
        assert 0 < int.from_bytes(signature[32:64]) <= HALF_ORDER
        assert signer_of(message, signature) == signer.address

    def test_typed_data(self, signer: Signer) -> None:
        """An EIP-712 message is signed as it is, without another prefix in front."""
        domain = Domain(home_chain_id=111_111, hub=signer.address)
        message = register_message(domain, signer.address, signer.address, signer.address)
        assert signer_of(message, signer.sign(message)) == signer.address

    @pytest.mark.parametrize("price", OFFERS, ids=["legacy", "EIP-1559"])
    @pytest.mark.parametrize("chain_id", [1, 111_111, 2**40])
    @pytest.mark.parametrize("creates", [False, True])
    def test_transactions(self, signer: Signer, price: Price, chain_id: int, creates: bool) -> None:
        """What eth-account recovers from a raw transaction is the account."""
        call = Call(to=None if creates else signer.address, data=b"\x01\x02")
        made = Transaction(chain_id=chain_id, nonce=3, call=call, gas=60_000, price=price)
        signed = made.signed(signer)
        assert Account.recover_transaction(signed.raw) == signer.address
        assert Transaction.decode(signed.raw) == made

    def test_derived_secrets(self, signer: Signer, again: Signer) -> None:
        """32 bytes, another for each label, the same at every opening."""
        labels = (b"", b"one", b"two", b"\x00" * 128)
        made = [signer.derive(label) for label in labels]
        assert {len(secret) for secret in made} == {32}
        assert len(set(made)) == len(labels)
        assert made == [again.derive(label) for label in labels]

    def test_derived_secrets_are_no_signatures(self, signer: Signer) -> None:
        """Whoever gets the label signed does not have the secret."""
        label = b"a label"
        signature = signer.sign(label)
        hidden = signer.derive(label)
        assert hidden not in (signature[:32], signature[32:64], keccak(signature), keccak(label))

    def test_many_threads(self, signer: Signer) -> None:
        """Signatures do not mix."""
        messages = [bytes([number]) for number in range(24)]
        with ThreadPoolExecutor(8) as pool:
            signatures = list(pool.map(signer.sign, messages))
        found = {signer_of(*pair) for pair in zip(messages, signatures, strict=True)}
        assert found == {signer.address}

    def test_it_shows_no_secret(self, signer: Signer) -> None:
        """A representation, as logs and tracebacks have it, is about the account alone."""
        shown = repr(signer)
        assert signer.address in shown
        assert signer.derive(b"").hex() not in shown
