"""A transaction before and after signing; what was signed tells by itself how to offer more for the same.

The bytes are made here, so that a signer sees nothing but a message. Rules: EIP-155 and EIP-1559.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import attrs
from eth_hash.auto import keccak

from chainboy.chain.call import Call
from chainboy.chain.price import Price
from chainboy.consensus.fields import address_bytes, to_address
from chainboy.errors import EncodingError
from chainboy.units import Digest, Wei

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer

_DYNAMIC_FEE = b"\x02"
_LEGACY = ("nonce", "maximum", "gas", "to", "value", "data", "v", "r", "s")
_DYNAMIC = (
    *("chain_id", "nonce", "priority", "maximum", "gas", "to", "value", "data", "access_list"),
    *("v", "r", "s"),
)
_NUMBERS = frozenset({"chain_id", "nonce", "priority", "maximum", "gas", "value", "v"})
_PROTECTED = 35
"""A legacy signature's v is this, and twice the chain's id, and 0 or 1. Rule: EIP-155."""


@attrs.frozen
class Signed:
    """A signed transaction; ``raw`` can be broadcast again at any time."""

    nonce: int
    raw: bytes

    @property
    def hash(self) -> Digest:
        """The transaction's name."""
        return Digest(keccak(self.raw))


@attrs.frozen(kw_only=True)
class Transaction:
    """A call with the nonce it takes and what it offers; ``gas`` is its limit."""

    chain_id: int
    nonce: int
    call: Call
    gas: int
    price: Price

    def signed(self, signer: Signer) -> Signed:
        """The transaction with the signature of ``signer``; raises what :meth:`Signer.sign` raises."""
        signature = signer.sign(self._unsigned)
        r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
        parity = signature[64] - 27
        if self.price.priority is None:
            return Signed(self.nonce, _rlp([*self._body, 2 * self.chain_id + _PROTECTED + parity, r, s]))
        return Signed(self.nonce, _DYNAMIC_FEE + _rlp([*self._body, parity, r, s]))

    @property
    def _unsigned(self) -> bytes:
        if self.price.priority is None:
            return _rlp([*self._body, self.chain_id, 0, 0])
        return _DYNAMIC_FEE + _rlp(self._body)

    @property
    def _body(self) -> list[Any]:
        """All but the signature, in the order of the transaction's kind."""
        to = b"" if self.call.to is None else address_bytes(self.call.to)
        rest = [self.gas, to, self.call.value, self.call.data]
        if self.price.priority is None:
            return [self.nonce, self.price.maximum, *rest]
        return [self.chain_id, self.nonce, self.price.priority, self.price.maximum, *rest, []]

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """What was signed: a legacy transaction bound to its chain, or one of EIP-1559.

        Raises :class:`~chainboy.errors.EncodingError` for any other; the signature is not checked.
        """
        import rlp  # type: ignore[import-untyped]  # noqa: PLC0415 - only what was signed needs it
        from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # noqa: PLC0415

        dynamic = raw[:1] == _DYNAMIC_FEE
        try:
            items = rlp.decode(raw[1:] if dynamic else raw)
            return cls._of(dict(zip(_DYNAMIC if dynamic else _LEGACY, items, strict=True)))
        except (RLPException, TypeError, ValueError) as error:
            raise EncodingError(f"this is no transaction of a kind that is sent here: {error}") from error

    @classmethod
    def _of(cls, field: Mapping[str, bytes]) -> Self:
        number = {name: int.from_bytes(item, "big") for name, item in field.items() if name in _NUMBERS}
        return cls(
            chain_id=number["chain_id"] if "chain_id" in number else (number["v"] - _PROTECTED) // 2,
            nonce=number["nonce"],
            call=Call(
                to=to_address(field["to"]) if field["to"] else None,
                data=bytes(field["data"]),
                value=Wei(number["value"]),
            ),
            gas=number["gas"],
            price=Price(maximum=number["maximum"], priority=number.get("priority")),
        )


def _rlp(items: list[Any]) -> bytes:
    import rlp  # noqa: PLC0415 - only what signs and what was signed needs it

    return bytes(rlp.encode(items, infer_serializer=True))
