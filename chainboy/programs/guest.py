"""What a program imports from ``chainboy`` while it runs: its declared data files and source values.

The sandbox has its own; these stand in when a decorated function is called as plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

T = TypeVar("T")


class Declared(Mapping[str, T], Generic[T]):
    """A mapping that is filled for the length of one run and empty outside."""

    def __init__(self, name: str) -> None:
        self._held: ContextVar[Mapping[str, T]] = ContextVar(name)

    def __getitem__(self, key: str) -> T:
        return self._held.get({})[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held.get({}))

    def __len__(self) -> int:
        return len(self._held.get({}))

    @contextmanager
    def holding(self, items: Mapping[str, T]) -> Iterator[None]:
        """Hold ``items`` in this thread or task until the block ends."""
        token = self._held.set(items)
        try:
            yield
        finally:
            self._held.reset(token)


files: Declared[bytes] = Declared("files")
"""The data files the running program declares, by name."""

values: Declared[int] = Declared("values")
"""What the sources it declares said, by name, as scaled integers."""
