# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["bytes data"]
# outputs = ["bytes4", "bytes2", "uint32", "bool"]
# ///
"""Checksums of everyday life: CRC-32 of zip files, CRC-16 of XMODEM, Adler-32, and Luhn's test of digits."""

from __future__ import annotations

ADLER = 65_521


def main(data: bytes) -> tuple[bytes, bytes, int, bool]:
    return crc32(data).to_bytes(4, "big"), crc16(data).to_bytes(2, "big"), adler32(data), luhn(data)


def crc32(data: bytes) -> int:
    """Bit by bit, least significant first."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def crc16(data: bytes) -> int:
    """Bit by bit, most significant first."""
    register = 0
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ (0x1021 if register & 0x8000 else 0)) & 0xFFFF
    return register


def adler32(data: bytes) -> int:
    """Two sums, modulo the largest prime of 16 bits."""
    low, high = 1, 0
    for byte in data:
        low = (low + byte) % ADLER
        high = (high + low) % ADLER
    return high << 16 | low


def luhn(data: bytes) -> bool:
    """Whether ``data`` is the digits of a card number without a slip."""
    if not data.isdigit():
        return False
    digits = [byte - ord("0") for byte in reversed(data)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
