"""Makes contracts one after another, each once: whoever is stopped in between goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

from chainboy.chain.call import Call
from chainboy.chain.rpc import RpcRefused
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import address_bytes, to_address
from chainboy.contracts.artifacts import load
from chainboy.contracts.codec import encode_values
from chainboy.contracts.interface import interface
from chainboy.contracts.reverts import explain
from chainboy.contracts.runtime import check_code
from chainboy.errors import (
    ChainBoyError,
    ChainError,
    ConfigError,
    InsufficientFunds,
    TransactionReplaced,
)
from chainboy.units import Address, Digest

if TYPE_CHECKING:
    from chainboy.chain.decode import Receipt
    from chainboy.chain.sender import Sender


@attrs.frozen(kw_only=True)
class Creation:
    """A contract's creation transaction as signed; ``address`` is None until it is in a block."""

    name: str
    nonce: int
    tx_hash: Digest
    raw: bytes = attrs.field(repr=False)
    address: Address | None = None


class Creations(Protocol):
    """What was signed so far, by the contracts' names; ``keep`` returns once it cannot be lost any more."""

    def find(self, name: str) -> Creation | None:
        """The creation of the contract ``name``, if one was signed."""
        ...

    def keep(self, made: Creation) -> None:
        """Remember ``made`` in place of what was known of its contract."""
        ...

    def forget(self, name: str) -> None:
        """The creation of ``name`` came to nothing."""
        ...


class MemoryCreations:
    """Creations of this process alone."""

    def __init__(self) -> None:
        self._made: dict[str, Creation] = {}

    def find(self, name: str) -> Creation | None:
        """The creation of the contract ``name``, if one was signed."""
        return self._made.get(name)

    def keep(self, made: Creation) -> None:
        """Remember ``made``."""
        self._made[made.name] = made

    def forget(self, name: str) -> None:
        """Drop it."""
        self._made.pop(name, None)


class Maker:
    """Makes each contract once with ``sender``'s key, however often it is asked and stopped.

    A creation is kept, signed, before it is sent; one that was kept is sent again as it is, never signed anew
    while it may still be mined. Nothing else may use the key meanwhile.
    """

    def __init__(self, sender: Sender, kept: Creations, *, anew: str = "deploy all contracts anew") -> None:
        self.sender = sender
        self.kept = kept
        self._anew = anew
        """What to do when one cannot go on."""

    def nonce_of(self, name: str) -> int:
        """The nonce that the creation of ``name`` has, or has when it is made next."""
        made = self._standing(name)
        return self.sender.chain.nonce(self.sender.address) if made is None else made.nonce

    def make(self, name: str, *arguments: Any, nonce: int | None = None) -> Address:
        """Where contract ``name`` is, made with these arguments, and with ``nonce`` if its place matters.

        Raises what :meth:`~chainboy.chain.sender.Sender.send` raises, with a note that names the contract;
        :class:`~chainboy.errors.ConfigError` when what was kept does not fit what is asked for, or what is on
        the chain, or when ``nonce`` is taken.
        """
        try:
            return self._make(name, creation(name, *arguments), nonce)
        except ChainBoyError as error:
            error.add_note(f"while deploying {name}")
            raise

    def _make(self, name: str, call: Call, nonce: int | None) -> Address:
        made = self._standing(name)
        if made is None:
            made, receipt = self._send(name, call, nonce)
        elif call.data not in made.raw:
            raise ConfigError(
                f"{name} was created with other figures or by another version of this package; "
                f"go on with those, or {self._anew}"
            )
        elif nonce is not None and made.nonce != nonce:
            raise self._misplaced(name, nonce)
        else:
            receipt = self._wait(made)
        address = self._place(made, receipt)
        check_code(self.sender.chain, name, address)
        self.kept.keep(attrs.evolve(made, address=address))
        return address

    def _standing(self, name: str) -> Creation | None:
        """The kept creation, with the chain again; None, and forgotten, when it can never be mined."""
        made, chain, mine = self.kept.find(name), self.sender.chain, self.sender.address
        if made is None or chain.receipt(made.tx_hash) is not None:
            return made
        try:
            self.sender.resend(made.nonce, made.raw)
            if chain.nonce(mine, pending=False) > made.nonce:
                self.sender.wait(made.tx_hash)
        except TransactionReplaced:
            if chain.code(created_at(mine, made.nonce)):
                raise
        except (RpcRefused, InsufficientFunds):
            # Signed anew it must get the same nonce, so that no more than one of both is ever mined.
            if chain.nonce(mine) != made.nonce:
                raise
        else:
            return made
        self.kept.forget(name)
        return None

    def _send(self, name: str, call: Call, nonce: int | None) -> tuple[Creation, Receipt]:
        if nonce is not None and self.sender.chain.nonce(self.sender.address) != nonce:
            raise self._misplaced(name, nonce)
        signed: list[Creation] = []

        def keep(number: int, tx_hash: Digest, raw: bytes) -> None:
            if nonce is not None and number != nonce:
                raise self._misplaced(name, nonce)
            signed.append(Creation(name=name, nonce=number, tx_hash=tx_hash, raw=raw))
            self.kept.keep(signed[0])

        receipt = self.sender.send(call, on_signed=keep)
        return signed[0], receipt

    def _wait(self, made: Creation) -> Receipt:
        receipt = self.sender.wait(made.tx_hash)
        if not receipt.status:
            self.kept.forget(made.name)
            raise ChainError(f"the creation of {made.name} reverted after a dry run that passed; try again")
        return receipt

    def _place(self, made: Creation, receipt: Receipt) -> Address:
        if receipt.contract is None:
            raise ChainError(f"the endpoint does not say where it put {made.name}; use another endpoint")
        if receipt.contract != created_at(self.sender.address, made.nonce):
            raise ChainError(f"the endpoint put {made.name} where it cannot be; use another endpoint")
        return receipt.contract

    def _misplaced(self, name: str, nonce: int) -> ConfigError:
        return ConfigError(
            f"the contracts before {name} expect it to be made with nonce {nonce} of {self.sender.address}, "
            f"which another transaction took; {self._anew}, and let nothing else use the key meanwhile"
        )


def creation(name: str, *arguments: Any) -> Call:
    """The call that creates contract ``name`` with these constructor arguments."""
    code = load(name).bytecode
    if not code:
        raise ConfigError(f"{name} cannot be deployed; name a contract")
    return Call(to=None, data=code + encode_values(interface(name).constructor, arguments), explain=explain)


def created_at(creator: Address, nonce: int) -> Address:
    """Where a contract goes that ``creator`` makes with this nonce: keccak256 of RLP([creator, nonce])."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8)
    single = len(number) == 1 and number < b"\x80"
    item = number if single else bytes([0x80 + len(number)]) + number
    payload = bytes([0x94]) + address_bytes(creator) + item
    return to_address(keccak(bytes([0xC0 + len(payload)]) + payload)[12:])
