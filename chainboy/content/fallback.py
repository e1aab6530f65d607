"""Several stores as one: asked in turn, and it does not matter which of them lies, stalls or is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import attrs

from chainboy.cid import Cid
from chainboy.content.dag.address import Address
from chainboy.content.health import Health
from chainboy.content.store import BlockReader, ContentReader, ContentStore
from chainboy.errors import ContentMismatch, ContentNotFound, ContentUnavailable

_log = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")

Failure = ContentMismatch | ContentNotFound | ContentUnavailable

_GRAVE = (ContentUnavailable, ContentMismatch, ContentNotFound)
"""What several failures are together: the first of these that one of them is."""


def _tuple(parts: Iterable[ContentReader]) -> tuple[ContentReader, ...]:
    return tuple(parts)


@attrs.frozen
class FallbackStore:
    """A :class:`~chainboy.content.ContentStore` and block reader over ``parts``, in order of preference.

    Reading goes on to the next part until one has what was asked for; each that lies or fails is named in one
    warning, and tried last for a while. Writing goes to every part that can be written to, and is done when
    one of them has it.
    """

    parts: tuple[ContentReader, ...] = attrs.field(converter=_tuple)
    _health: Health = attrs.field(factory=Health, eq=False, repr=False)

    @classmethod
    def of(cls, *parts: ContentReader) -> FallbackStore:
        """The ``parts`` as one list, those of other such stores among them each for itself."""
        flat: list[ContentReader] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, FallbackStore) else (part,))
        return cls(flat)

    def get(self, cid: Cid) -> bytes:
        """See :meth:`chainboy.content.ContentStore.get`."""
        return self._first(f"get {cid}", self.parts, lambda part: part.get(cid))

    def has(self, cid: Cid) -> bool:
        """See :meth:`chainboy.content.ContentStore.has`; parts that fail have nothing."""
        failures: list[Failure] = []
        for place, part in self._health.ordered(self.parts):
            try:
                if part.has(cid):
                    return True
            except ContentUnavailable as error:
                self._note(place, f"look for {cid}", part, error)
                failures.append(error)
        if failures and len(failures) == len(self.parts):
            raise _together(f"look for {cid}", failures)
        return False

    def block(self, address: Address) -> bytes:
        """See :meth:`chainboy.content.BlockReader.block`; asks the parts that know of blocks."""
        parts = [part if isinstance(part, BlockReader) else None for part in self.parts]
        return self._first(f"get {address}", parts, lambda part: _block(part, address))

    def put(self, data: bytes) -> Cid:
        """See :meth:`chainboy.content.ContentStore.put`."""
        cid: Cid | None = None
        failures: list[Failure] = []
        for place, part in enumerate(self.parts):
            if not isinstance(part, ContentStore):
                continue
            try:
                cid = part.put(data)
            except _GRAVE as error:
                self._note(place, "put", part, error)
                failures.append(error)
        if cid is not None:
            return cid
        if failures:
            raise _together("put", failures)
        raise ContentUnavailable("none of these stores can be written to; add a directory or an IPFS daemon")

    def __str__(self) -> str:
        return ", ".join(map(str, self.parts)) or "no store"

    def _first(self, what: str, parts: Sequence[S], ask: Callable[[S], T]) -> T:
        failures: list[Failure] = []
        for place, part in self._health.ordered(parts):
            try:
                found = ask(part)
            except ContentNotFound as error:
                failures.append(error)
            except (ContentMismatch, ContentUnavailable) as error:
                self._note(place, what, part, error)
                failures.append(error)
            else:
                self._health.worked(place)
                return found
        raise _together(what, failures)

    def _note(self, place: int, what: str, part: object, error: Failure) -> None:
        self._health.failed(place)
        named = str(error) if str(part) in str(error) else f"{part}: {error}"
        _log.warning("cannot %s: %s", what, named)


def _block(part: BlockReader | None, address: Address) -> bytes:
    if part is None:
        raise ContentNotFound(f"{address} is a block, which this store does not keep")
    return part.block(address)


def _together(what: str, failures: Sequence[Failure]) -> Failure:
    """One error for all: the gravest kind, and what each of them says."""
    if len(failures) == 1:
        return failures[0]
    if not failures:
        return ContentUnavailable(f"cannot {what}: there is no store; name one")
    kind = next(kind for kind in _GRAVE if any(isinstance(failure, kind) for failure in failures))
    return kind(f"cannot {what}: " + "; ".join(map(str, failures)))
