"""UnixFS: what a dag-pb block says about the file that it is a piece of.

Rule: the UnixFS specification of IPFS.
"""

from __future__ import annotations

from enum import IntEnum

import attrs

from chainboy.content.dag.protobuf import fields
from chainboy.errors import EncodingError

_TYPE, _DATA, _FILE_SIZE, _BLOCK_SIZES = 1, 2, 3, 4
_OTHER_NUMBERS, _TIME = (5, 6, 7), 8
"""Of sharded directories, and a file's mode and time."""


class Kind(IntEnum):
    """What a node is; only the first and the third hold a file's bytes."""

    RAW = 0
    DIRECTORY = 1
    FILE = 2
    METADATA = 3
    SYMLINK = 4
    SHARDED_DIRECTORY = 5


@attrs.frozen(kw_only=True)
class Piece:
    """A file or part of one: ``data`` comes first, then what the node's links hold.

    ``size`` is the number of bytes of both, ``sizes`` those of each link, in order.
    """

    kind: Kind
    data: bytes
    size: int
    sizes: tuple[int, ...]

    @classmethod
    def decode(cls, message: bytes) -> Piece:
        """The piece that a node's bytes describe.

        Unknown fields, and a file's mode and time, say nothing about its bytes. Raises
        :class:`~chainboy.errors.EncodingError` if it has no kind, a field that is not of its type, or a size
        that is not the sum of its parts.
        """
        kind: Kind | None = None
        data = b""
        size: int | None = None
        sizes: list[int] = []
        for field in fields(message):
            if field.number == _TYPE:
                kind = _kind(field.integer())
            elif field.number == _DATA:
                data = field.blob()
            elif field.number == _FILE_SIZE:
                size = field.integer()
            elif field.number == _BLOCK_SIZES:
                sizes.append(field.integer())
            elif field.number in _OTHER_NUMBERS:
                field.integer()
            elif field.number == _TIME:
                field.blob()
        if kind is None:
            raise EncodingError("a block does not say what it is")
        total = len(data) + sum(sizes)
        if size not in (None, total) and kind in (Kind.RAW, Kind.FILE):
            raise EncodingError(f"a block claims {size} bytes of file and lists {total}")
        return cls(kind=kind, data=data, size=total, sizes=tuple(sizes))


def _kind(value: int) -> Kind:
    if value not in tuple(Kind):
        raise EncodingError(f"a block is of the unknown kind {value}")
    return Kind(value)
