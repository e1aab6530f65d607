"""What the programs on hashes are to answer."""

from __future__ import annotations

import binascii
import zlib

from corpus.case import Raises, case
from Crypto.Hash import SHA256
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

LEAVES = [
    *(b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"@ABC", bytes(range(0x50, 0x58))),
    bytes(range(0x60, 0x70)),
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""By number of leaves, from the test vectors of Certificate Transparency."""

ACCOUNTS = [
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
    "0x" + "00" * 20,
]
SEED = bytes(range(32))
PEOPLE = [f"0x{i * 7919 % 251:040x}" for i in range(25)]


def walked(link: bytes, steps: int) -> bytes:
    """Hashed that often, by pycryptodome."""
    for _ in range(steps):
        link = SHA256.new(link).digest()
    return link


def shuffled(people: list[str]) -> tuple[list[str], int]:
    """The draw with pycryptodome's hash; no draw is ever unfair enough to be repeated, at odds of 2**-250."""
    order = sorted(people)
    for drawn, last in enumerate(range(len(order) - 1, 0, -1)):
        at = int(SHA256.new(SEED + drawn.to_bytes(32, "big")).hexdigest(), 16) % (last + 1)
        order[at], order[last] = order[last], order[at]
    return order[:20], len(order) - 1


def checksums(data: bytes) -> tuple[bytes, bytes, int]:
    """By zlib and binascii."""
    return (
        zlib.crc32(data).to_bytes(4, "big"),
        binascii.crc_hqx(data, 0).to_bytes(2, "big"),
        zlib.adler32(data),
    )


CASES = (
    *(
        case("hashes/merkle_root", LEAVES[:count], gives=bytes.fromhex(root), by="Certificate Transparency")
        for count, root in ROOTS.items()
    ),
    *(
        case(
            *("hashes/checksum_address", account),
            gives=(to_checksum_address(account), keccak(hexstr=account)),
            by="eth-utils: to_checksum_address, keccak",
        )
        for account in ACCOUNTS
    ),
    case(
        *("hashes/hash_chain", SEED, 1000, 2),
        gives=(walked(SEED, 1000), walked(SEED, 997), True),
        by="pycryptodome: SHA256",
    ),
    case("hashes/hash_chain", SEED, 3, 3, gives=Raises("IndexError"), by="all links are shown"),
    *(
        case("hashes/checksums", data, gives=(*checksums(data), luhn), by="zlib, binascii; published numbers")
        for data, luhn in [(b"123456789", False), (b"4111111111111111", True), (b"", False), (SEED, False)]
    ),
    case("hashes/fair_order", SEED, PEOPLE, gives=shuffled(PEOPLE), by="pycryptodome: SHA256"),
    case("hashes/fair_order", SEED, PEOPLE[::-1] * 2, gives=shuffled(PEOPLE), by="the same people"),
)
