"""CIDs: one form, byte for byte what IPFS writes, and nothing else is taken for one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cid import make_cid
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import EncodingError
from chainboy.programs import Cid

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
HELLO = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"


@pytest.mark.parametrize(("data", "text"), [(b"", EMPTY), (b"hello world\n", HELLO)])
def test_known_cids(data: bytes, text: str) -> None:
    """The CIDs that IPFS gives the empty file and ``hello world``, as raw blocks."""
    assert str(Cid.of(data)) == text
    assert Cid.parse(text).digest == hashlib.sha256(data).digest()


@given(st.binary(min_size=32, max_size=32))
def test_agrees_with_py_cid(digest: bytes) -> None:
    """An independent implementation writes and reads every digest alike."""
    theirs = make_cid(1, "raw", bytes((0x12, 0x20)) + digest)
    text = theirs.encode("base32").decode()
    assert str(Cid(digest)) == text  # type: ignore[arg-type]
    assert Cid.parse(text).digest == digest


def test_version_0_says_what_to_do() -> None:
    """A Qm… CID names a wrapper of the file: refused, with the options that give the right one."""
    with pytest.raises(EncodingError, match=r"version 0 .*--cid-version=1 --raw-leaves"):
        Cid.parse("QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o")


def _other(prefix: bytes) -> str:
    raw = prefix + hashlib.sha256(b"x").digest()
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        HELLO.upper(),
        HELLO + " ",
        HELLO[:-1],
        HELLO[:-1] + "5",  # unused bits set: a second spelling of the same digest
        "z" + HELLO[1:],
        _other(bytes((1, 0x70, 0x12, 0x20))),  # dag-pb
        _other(bytes((1, 0x55, 0x1B, 0x20))),  # keccak-256
        _other(bytes((2, 0x55, 0x12, 0x20))),
        f"/ipfs/{HELLO}",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    """Every other codec, hash, base, case, length or spelling is an error, not a guess."""
    with pytest.raises(EncodingError, match=r"bafkrei|codec raw"):
        Cid.parse(text)


def test_a_digest_has_32_bytes() -> None:
    """A CID cannot be made of a digest of another length."""
    with pytest.raises(EncodingError, match="32 bytes"):
        Cid(b"\0" * 31)  # type: ignore[arg-type]
