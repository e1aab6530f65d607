# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["bytes message", "bytes signature", "bytes modulus", "uint256 exponent"]
# outputs = ["bool"]
# ///
"""Verifies an RSA signature (PKCS #1 v1.5 with SHA-256), of any key size, for the price of one run.

Rule: RFC 8017, section 8.2.2. The encoded message is built and compared whole, so nothing is parsed.
"""

from __future__ import annotations

import hashlib

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
LEAST_PADDING = 8


def main(message: bytes, signature: bytes, modulus: bytes, exponent: int) -> bool:
    n, s = int.from_bytes(modulus, "big"), int.from_bytes(signature, "big")
    if len(signature) != len(modulus) or s >= n:
        return False
    return pow(s, exponent, n).to_bytes(len(modulus), "big") == encoded(message, len(modulus))


def encoded(message: bytes, size: int) -> bytes:
    """What a good signature opens to."""
    info = SHA256_INFO + hashlib.sha256(message).digest()
    padding = size - len(info) - 3
    if padding < LEAST_PADDING:
        raise OverflowError
    return b"\x00\x01" + b"\xff" * padding + b"\x00" + info
