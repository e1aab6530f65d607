"""CIDs of any block, against py-cid, and what is refused."""

from __future__ import annotations

import base64
import hashlib

import base58
import pytest
from cid import make_cid
from hypothesis import given
from hypothesis import strategies as st

from chainboy.cid import Cid
from chainboy.content.dag import Address, Codec
from chainboy.errors import EncodingError

QM = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["raw", "dag-pb"]))
def test_every_spelling_is_the_one_that_others_give(digest: bytes, codec: str) -> None:
    """Base32, base58 and base16 of version 1 are read as the same address."""
    theirs = make_cid(1, codec, bytes((0x12, 32)) + digest)
    address = Address.parse(theirs.encode("base32").decode())
    assert address == Address(Codec.RAW if codec == "raw" else Codec.DAG_PB, 0x12, digest)
    assert str(address) == theirs.encode("base32").decode()
    assert address == Address.parse(theirs.encode("base58btc").decode())
    assert address == Address.parse(theirs.encode("base16").decode())
    assert address == Address.unpack(theirs.buffer)
    assert address.pack() == theirs.buffer
    assert address.cid == (Cid.parse(str(address)) if codec == "raw" else None)


@given(st.binary(min_size=32, max_size=32))
def test_version_0_is_the_same_block(digest: bytes) -> None:
    """A ``Qm…`` names what its version 1 names."""
    theirs = make_cid(0, "dag-pb", bytes((0x12, 32)) + digest)
    assert str(Address.parse(str(theirs))) == theirs.to_v1().encode("base32").decode()


@pytest.mark.parametrize(
    ("function", "digest"),
    [
        (0x12, hashlib.sha256(b"block").digest()),
        (0x13, hashlib.sha512(b"block").digest()),
        (0x16, hashlib.sha3_256(b"block").digest()),
        (0xB220, hashlib.blake2b(b"block", digest_size=32).digest()),
        (0x00, b"block"),
    ],
)
def test_a_block_is_known_by_any_of_the_hashes(function: int, digest: bytes) -> None:
    """Its own bytes and no others; the address survives its own spelling."""
    address = Address(Codec.RAW, function, digest)
    assert address.names(b"block")
    assert not address.names(b"Block")
    assert Address.parse(str(address)) == address


def test_a_program_is_one_block() -> None:
    """Its address is its CID."""
    cid = Cid.of(b"program")
    assert str(Address.of(cid)) == str(cid)
    assert Address.of(cid).cid == cid


def spelt(*data: int) -> str:
    """A CID of these bytes and a digest of zeros."""
    return "b" + base64.b32encode(bytes(data) + bytes(32)).decode().rstrip("=").lower()


@pytest.mark.parametrize(
    "text",
    [
        *("", "Q", "Qm", "b", "z", "f", "Qm" + "1" * 44, QM[:-1], QM + "1", QM.lower(), "é" * 59),
        *("b" + "a" * 600, "f0155", "f015512", "F01551220" + "00" * 32, "f01551220" + "0G" * 32),
        *("B" + spelt(1, 0x55, 0x12, 32)[1:], spelt(1, 0x55, 0x12, 32).upper(), "/ipfs/" + QM),
        spelt(0, 0x55, 0x12, 32),  # version 0 has no codec
        spelt(2, 0x55, 0x12, 32),  # no such version
        spelt(1, 0x71, 0x12, 32),  # dag-cbor
        spelt(1, 0x55, 0x11, 32),  # sha1
        spelt(1, 0x55, 0x12, 31),  # lengths that do not agree
        spelt(1, 0x55, 0x12, 33),
        spelt(1, 0x55, 0x13, 32),  # half a sha2-512
        spelt(0x81, 0x00, 0x55, 0x12, 32),  # a number longer than it need be
        spelt(*(0xFF,) * 12),  # a number without end
        "b" + base64.b32encode(bytes((1, 0x55, 0, 0x81, 1)) + bytes(129)).decode().rstrip("=").lower(),
        base58.b58encode(bytes(34)).decode(),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """With a sentence of this package's own."""
    with pytest.raises(EncodingError):
        Address.parse(text)


@given(st.one_of(st.text(max_size=80), st.from_regex(r"(Qm|b|z|f)[0-9A-Za-z]{1,80}", fullmatch=True)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """And never anything else."""
    try:
        address = Address.parse(text)
    except EncodingError:
        return
    assert Address.parse(str(address)) == address


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """What is read in version 1 writes itself again, to the byte."""
    try:
        address = Address.unpack(data)
    except EncodingError:
        return
    assert data in (address.pack(), b"\x12\x20" + address.digest)
