"""Answers of a chain in this process that cannot change: several nodes ask the same of the same block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eth_tester import EthereumTester, PyEVMBackend

MOST_KEPT = 4096

Endpoint = Callable[..., Any]
"""What answers one RPC method: given the tester and the request's parameters."""


class BlockMemo:
    """Stands in for ``plain``, a method that reads the block named in parameter ``place``.

    ``latest``: the newest block by that name, too; what is tried on top of it may depend on more.
    Kept by the block's hash, so a chain that was taken back is not mistaken for another. The oldest answers
    are forgotten first.
    """

    def __init__(self, backend: PyEVMBackend, plain: Endpoint, *, place: int, latest: bool) -> None:
        self._backend = backend
        self._plain = plain
        self._place = place
        self._latest = latest
        self._kept: dict[tuple[bytes, str], Any] = {}

    def __call__(self, tester: EthereumTester, params: Sequence[Any]) -> Any:
        """The answer, worked out if it is not known."""
        number = self._number(params)
        if number is None:
            return self._plain(tester, params)
        key = self._backend.chain.chaindb.get_canonical_block_hash(number), repr(params)
        if key not in self._kept:
            self._kept[key] = self._plain(tester, params)
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return copy(self._kept[key])

    def _number(self, params: Sequence[Any]) -> int | None:
        """The number of the mined block that is asked about; None: it is none."""
        named = params[self._place] if len(params) > self._place else None
        height = self._backend.chain.header.block_number
        if named == "latest" and self._latest:
            return int(height) - 1
        return named if type(named) is int and named < height else None
