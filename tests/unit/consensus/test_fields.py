"""Addresses and fields are checked when a value is made."""

from __future__ import annotations

import attrs
import pytest
from eth_utils.address import to_checksum_address

from chainboy.consensus.fields import address, address_bytes, digest, to_address, uint
from chainboy.errors import EncodingError


@attrs.frozen
class Sample:
    """One field of each kind."""

    number: int = attrs.field(default=0, validator=uint(8))
    hash: bytes = attrs.field(default=bytes(32), validator=digest)
    account: str = attrs.field(default="0x" + "00" * 20, validator=address)


@pytest.mark.parametrize("seed", range(16))
def test_addresses_have_their_eip55_form(seed: int) -> None:
    """As eth-utils writes them, and back."""
    raw = bytes((seed * 37 + 11 * i) % 256 for i in range(20))
    text = to_address(raw)
    assert text == to_checksum_address(raw)
    assert address_bytes(text) == raw


@pytest.mark.parametrize("length", [0, 19, 21])
def test_other_lengths_are_no_addresses(length: int) -> None:
    """An address has 20 bytes."""
    with pytest.raises(EncodingError, match="20 bytes"):
        to_address(bytes(length))


@pytest.mark.parametrize("text", ["", "0x", "0x" + "zz" * 20, "0x" + "ab" * 20, "11" * 21, 5, None])
def test_other_texts_are_no_addresses(text: str) -> None:
    """Only 0x and 40 hex digits in EIP-55 case pass."""
    with pytest.raises(EncodingError):
        address_bytes(text)


@pytest.mark.parametrize("number", [-1, 256, 1.0, "1", True, None])
def test_numbers_fit_their_bits(number: object) -> None:
    """Neither negative, nor too large, nor of another type."""
    with pytest.raises(EncodingError, match="number"):
        Sample(number=number)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33), bytearray(32), "0x"])
def test_hashes_have_32_bytes(value: object) -> None:
    """Nothing but ``bytes`` of that length."""
    with pytest.raises(EncodingError, match="hash"):
        Sample(hash=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, 5, b"x", "0x" + "ab" * 20])
def test_accounts_are_eip55(value: object) -> None:
    """Lower case is refused, as are other types."""
    with pytest.raises(EncodingError):
        Sample(account=value)  # type: ignore[arg-type]


def test_the_edges_pass() -> None:
    """Zero and the largest value are inside."""
    assert Sample(number=255).number == 255
