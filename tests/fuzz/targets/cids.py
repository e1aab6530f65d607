"""Content identifiers against py-cid."""

from __future__ import annotations

import base64

from cid import make_cid
from fuzz.target import Target, text_of, words

from chainboy.cid import Cid
from chainboy.errors import EncodingError

NAME = str(Cid.of(b"hello")).encode()
RAW = bytes((0x01, 0x55, 0x12, 0x20))
SEEDS = (
    NAME,
    b"QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
    b"zb2rhc5Sb6ynfyCMpq15ZzgVfh2aSAcAt6q6zc6WrZVFDDrpb",
    b"bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
    b"f01551220" + b"ab" * 32,
)


def check(data: bytes) -> bool:
    """Accepted exactly if py-cid reads version 1, raw and sha2-256, and base32 writes it so."""
    text = text_of(data)
    try:
        parsed = Cid.parse(text)
    except EncodingError:
        assert not is_ours(text)
        return False
    assert is_ours(text)
    assert make_cid(text).multihash == RAW[2:] + parsed.digest
    return True


def is_ours(text: str) -> bool:
    """Whether py-cid reads a CID of our one form in ``text``, which is its canonical spelling."""
    try:
        named = make_cid(text)
    except Exception:  # noqa: BLE001 - it raises what it likes
        return False
    raw = b"\x01\x55" + named.multihash
    spelt = "b" + base64.b32encode(raw).decode().rstrip("=").lower()
    fits = named.version == 1 and named.codec == "raw" and raw.startswith(RAW) and len(raw) == len(RAW) + 32
    return fits and spelt == text


TARGETS = (
    Target(
        name="cid",
        check=check,
        seeds=SEEDS,
        tokens=words(r"""
        b z Qm bafkrei = /ipfs/
    """),
    ),
)
