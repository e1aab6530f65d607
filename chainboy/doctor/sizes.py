"""How many bytes values of an ABI type take at least."""

from __future__ import annotations

from chainboy.consensus.fields import WORD_BYTES
from chainboy.programs.types import AbiType, Array, Elementary, Tuple


def least_size(kind: AbiType) -> int:
    """Fewest bytes of one value among others: its place in the head, and its tail with nothing in it."""
    return _size(kind) + (WORD_BYTES if _is_dynamic(kind) else 0)


def _size(kind: AbiType) -> int:
    """Fewest bytes of the encoding itself."""
    if isinstance(kind, Elementary):
        return WORD_BYTES
    if isinstance(kind, Tuple):
        return sum(map(least_size, kind.items))
    return WORD_BYTES if kind.size is None else kind.size * least_size(kind.item)


def _is_dynamic(kind: AbiType) -> bool:
    if isinstance(kind, Elementary):
        return kind.name in ("string", "bytes")
    if isinstance(kind, Array):
        return kind.size is None or _is_dynamic(kind.item)
    return any(map(_is_dynamic, kind.items))
