"""A small memory for what was read at blocks: only the newest few blocks are worth remembering."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

V = TypeVar("V")


class Recent:
    """Values by group and key; when there are more than ``groups`` groups the oldest is forgotten."""

    def __init__(self, groups: int) -> None:
        self._limit = groups
        self._groups: dict[Hashable, dict[Hashable, Any]] = {}

    def get(self, group: Hashable, key: Hashable, make: Callable[[], V]) -> V:
        """The value kept under ``key`` of ``group``, made now if there is none."""
        kept = self._groups.get(group)
        if kept is None:
            kept = self._groups[group] = {}
            if len(self._groups) > self._limit:
                del self._groups[next(iter(self._groups))]
        if key not in kept:
            kept[key] = make()
        value: V = kept[key]
        return value
