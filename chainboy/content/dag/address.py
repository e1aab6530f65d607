"""Any CID that a block of a file may have; the one form that programs have is :class:`chainboy.cid.Cid`.

Rule: the CID and multihash specifications of multiformats.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType

import attrs
import base58

from chainboy.cid import Cid
from chainboy.errors import EncodingError
from chainboy.units import Digest

_LONGEST = 512
"""Characters that a CID has at most: that of the longest one read here, an identity CID, with room."""

_IDENTITY, _SHA2_256 = 0x00, 0x12
_INLINE_MOST = 128
"""Bytes that an identity "hash" carries at most, as in Kubo."""

_MORE = 0x80
"""Set in each byte of a number but the last."""

_VERSION_0 = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")
_MULTIBASE = re.compile(r"b[a-z2-7]+|z[1-9A-HJ-NP-Za-km-z]+|f[0-9a-f]+")

_Hash = Callable[[bytes], bytes]

_HASHES: Mapping[int, _Hash] = MappingProxyType(
    {
        _SHA2_256: lambda block: hashlib.sha256(block).digest(),
        0x13: lambda block: hashlib.sha512(block).digest(),
        0x16: lambda block: hashlib.sha3_256(block).digest(),
        0xB220: lambda block: hashlib.blake2b(block, digest_size=32).digest(),
    }
)
"""The functions that IPFS tools offer and that nobody has broken, by their multihash code."""


class Codec(IntEnum):
    """What a block is: a piece of a file, or a node whose links lead to pieces."""

    RAW = 0x55
    DAG_PB = 0x70


@attrs.frozen(order=True)
class Address:
    """The name of a block: what it is, the hash function's multihash code and the digest.

    Both versions of a CID name the same block, so the version is no part of it.
    """

    codec: Codec
    function: int
    digest: bytes

    @classmethod
    def of(cls, cid: Cid) -> Address:
        """The address of a program's or data file's one block."""
        return cls(Codec.RAW, _SHA2_256, cid.digest)

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that ``text`` writes: ``Qm…``, or version 1 in base32, base58 or base16.

        Raises :class:`~chainboy.errors.EncodingError` for anything else, and for what is no part of a file.
        """
        if len(text) > _LONGEST:
            raise EncodingError(f"{text[:60]!r}… is too long for a CID; give the CID alone")
        try:
            return cls.unpack(_bytes_of(text))
        except (ValueError, binascii.Error) as error:
            why = str(error) if isinstance(error, EncodingError) else "it is not spelt as one"
            raise EncodingError(f"{text!r} is no CID that can be read here: {why}") from None

    @classmethod
    def unpack(cls, data: bytes) -> Address:
        """The address that a binary CID writes, as links do; else :class:`~chainboy.errors.EncodingError`."""
        if data[:2] == bytes((_SHA2_256, 32)):
            return cls._of_multihash(Codec.DAG_PB, data)
        version, at = _number(data, 0)
        code, at = _number(data, at)
        if version != 1:
            raise EncodingError(f"its version is {version}; only 0 and 1 are known")
        if code not in tuple(Codec):
            raise EncodingError(f"its codec is {code:#x}; a file is made of raw and dag-pb blocks")
        return cls._of_multihash(Codec(code), data[at:])

    @classmethod
    def _of_multihash(cls, codec: Codec, data: bytes) -> Address:
        function, at = _number(data, 0)
        length, at = _number(data, at)
        digest = data[at:]
        if function == _IDENTITY:
            wanted = min(length, _INLINE_MOST)
        elif function in _HASHES:
            wanted = len(_HASHES[function](b""))
        else:
            raise EncodingError(f"its hash function is {function:#x}; use sha2-256")
        if not len(digest) == length == wanted:
            raise EncodingError(f"its digest has {len(digest)} bytes; another length was announced or is due")
        return cls(codec, function, digest)

    @property
    def inline(self) -> bytes | None:
        """The block itself, if the address carries it in the place of a hash."""
        return self.digest if self.function == _IDENTITY else None

    @property
    def cid(self) -> Cid | None:
        """The program's or data file's name, if this is of that form."""
        is_one = (self.codec, self.function) == (Codec.RAW, _SHA2_256)
        return Cid(Digest(self.digest)) if is_one else None

    def names(self, block: bytes) -> bool:
        """Whether ``block`` hashes to this address."""
        if self.inline is not None:
            return block == self.inline
        return _HASHES[self.function](block) == self.digest

    def pack(self) -> bytes:
        """The binary CID, version 1."""
        numbers = (1, self.codec, self.function, len(self.digest))
        return b"".join(map(_varint, numbers)) + self.digest

    def __str__(self) -> str:
        return "b" + base64.b32encode(self.pack()).decode("ascii").rstrip("=").lower()


def _bytes_of(text: str) -> bytes:
    if _VERSION_0.fullmatch(text):
        return base58.b58decode(text)
    if not _MULTIBASE.fullmatch(text):
        raise EncodingError("it starts with none of Qm, b, z and f, or has letters that no such CID has")
    rest = text[1:]
    match text[0]:
        case "b":
            data = base64.b32decode(rest.upper() + "=" * (-len(rest) % 8))
        case "z":
            data = base58.b58decode(rest)
        case _:
            data = binascii.unhexlify(rest)
    if data[:1] == bytes((_SHA2_256,)):
        raise EncodingError("it is of version 0, which is written without a letter for its base")
    return data


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned varint at ``at``, at most 9 bytes in its shortest form, and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : at + 9]):
        value |= (byte & 0x7F) << 7 * index
        if byte < _MORE:
            if byte == 0 and index:
                break
            return value, at + index + 1
    raise EncodingError("a number in it does not end, or is not in its shortest form")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= _MORE:
        out.append(value & 0x7F | _MORE)
        value >>= 7
    return bytes((*out, value))
