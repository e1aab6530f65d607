"""Content identifiers: the one form of an IPFS CID that programs and their data files have.

Rule: protocol, sections 4 and 11. CIDv1, ``raw`` codec, sha2-256, base32 in lower case
(``bafkrei…``): the content's own hash, so any daemon, gateway or cache may serve it.
"""

from __future__ import annotations

import base64
import hashlib
import re

import attrs

from chainboy.errors import EncodingError
from chainboy.units import Digest

_PREFIX = bytes((0x01, 0x55, 0x12, 0x20))
"""CID version 1, codec ``raw``, multihash sha2-256 of 32 bytes."""

_TEXT = re.compile(r"b[a-z2-7]{58}")
_VERSION_0 = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")

_HOW = "add the file to IPFS with `--cid-version=1 --raw-leaves --chunker=size-1048576`"


def _check_digest(_: Cid, __: attrs.Attribute[Digest], value: Digest) -> None:
    if not isinstance(value, bytes) or len(value) != len(_PREFIX) + 28:
        raise EncodingError("a CID's digest is 32 bytes; use Cid.of for content and Cid.parse for text")


@attrs.frozen(order=True)
class Cid:
    """The name of some bytes: their sha2-256, written as ``bafkrei…``.

    ``digest`` is the 32-byte hash, what a request carries as ``program``.
    """

    digest: Digest = attrs.field(validator=_check_digest)

    @classmethod
    def of(cls, data: bytes) -> Cid:
        """The CID of ``data``, taken as one raw block."""
        return cls(Digest(hashlib.sha256(data).digest()))

    @classmethod
    def parse(cls, text: str) -> Cid:
        """The CID that ``text`` writes; raises :class:`EncodingError` for any other form of CID.

        Other forms name other bytes (a ``Qm…`` names a UnixFS wrapper of the file), so none is
        converted.
        """
        if _VERSION_0.fullmatch(text):
            raise EncodingError(f"{text} is a version 0 CID, which does not hash the file itself; {_HOW}")
        if not _TEXT.fullmatch(text):
            raise EncodingError(f"{text[:80]!r} is not a CID of the form 'bafkrei…' (59 characters); {_HOW}")
        raw = base64.b32decode(text[1:].upper() + "=" * (-(len(text) - 1) % 8))
        cid = cls(Digest(raw[len(_PREFIX) :]))
        if raw[: len(_PREFIX)] != _PREFIX or str(cid) != text:
            raise EncodingError(f"{text} is not a CIDv1 with codec raw and hash sha2-256; {_HOW}")
        return cid

    def __str__(self) -> str:
        return "b" + base64.b32encode(_PREFIX + self.digest).decode("ascii").rstrip("=").lower()
