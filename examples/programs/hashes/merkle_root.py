# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["bytes[] leaves"]
# outputs = ["bytes32"]
# ///
"""The root of a Merkle tree over any leaves, as certificate logs build it (RFC 6962, section 2.1)."""

from __future__ import annotations

import hashlib


def main(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0])
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + main(leaves[:left]) + main(leaves[left:]))


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
