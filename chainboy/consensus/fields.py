"""What a field of a preimage may hold: words, hashes and EIP-55 addresses, checked at construction."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs
from eth_hash.auto import keccak as _keccak

from chainboy.errors import EncodingError
from chainboy.units import Address

ZERO_ADDRESS = Address("0x" + "00" * 20)
"""Nobody's address; the contracts take it for "none"."""

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]
"""What attrs calls with instance, field and value; raises :class:`EncodingError`."""

WORD_BYTES = 32
"""Length of an ABI word and of every hash."""

ADDRESS_BYTES = 20
"""Length of an address."""

_KNOWN = 4_096
"""Addresses whose checksums need no hash again: the same few come in every log and every call."""

ZERO_HASH = bytes(WORD_BYTES)
"""The word of nothing: an empty leaf, a record's fields without consensus."""


@lru_cache(maxsize=_KNOWN)
def to_address(raw: bytes) -> Address:
    """The EIP-55 text of 20 bytes; raises :class:`EncodingError` for any other length."""
    if len(raw) != ADDRESS_BYTES:
        raise EncodingError(f"an address has 20 bytes, this one {len(raw)}; give all of them")
    text = raw.hex()
    checksum = _keccak(text.encode("ascii")).hex()
    cased = (c.upper() if digit >= "8" else c for c, digit in zip(text, checksum, strict=False))
    return Address("0x" + "".join(cased))


def address_bytes(address: Address) -> bytes:
    """The 20 bytes of an EIP-55 address; raises :class:`EncodingError` when it is not one."""
    try:
        raw = bytes.fromhex(address[2:])
    except (TypeError, ValueError) as error:
        raise EncodingError(f"{address!r} is no address; give 0x and 40 hex digits") from error
    if to_address(raw) != address:
        raise EncodingError(f"{address} is not in its EIP-55 form; write {to_address(raw)}")
    return raw


def uint(bits: int) -> Check:
    """A check that a field is an integer in [0, 2**bits)."""
    limit = 1 << bits

    def check(_instance: object, field: attrs.Attribute[Any], value: object) -> None:
        if type(value) is bool or not isinstance(value, int) or not 0 <= value < limit:
            raise EncodingError(f"{field.name} must be an integer in [0, 2**{bits}), not {value!r}")

    return check


def digest(_instance: object, field: attrs.Attribute[Any], value: object) -> None:
    """Check that a field is 32 bytes."""
    if type(value) is not bytes or len(value) != WORD_BYTES:
        raise EncodingError(f"{field.name} must be 32 bytes, not {value!r}")


def address(_instance: object, field: attrs.Attribute[Any], value: object) -> None:
    """Check that a field is an EIP-55 address."""
    if not isinstance(value, str):
        raise EncodingError(f"{field.name} must be an EIP-55 address, not {value!r}")
    address_bytes(Address(value))
