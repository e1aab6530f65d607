"""Parts that a configuration names and that any installed package may bring, found by their entry points.

A package registers a function under a name in one of the groups below. The function takes its keys out of
the table that the name has in the file, and makes the part; it opens nothing yet. The parts of this
package are registered in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Generic, TypeVar

import attrs

from chainboy.content.store import ContentReader
from chainboy.errors import ConfigError
from chainboy.events.watch import Watcher
from chainboy.sandbox.protocol import Sandbox
from chainboy.tables import Table

T = TypeVar("T")

Maker = Callable[[Table, Path], T]
"""Makes a part of its table; paths in it are relative to the folder."""


@attrs.frozen
class Group(Generic[T]):
    """The entry-point group ``name``, whose members make parts of one kind."""

    name: str

    def names(self) -> tuple[str, ...]:
        """What is installed, sorted."""
        return tuple(sorted(entry_points(group=self.name).names))

    def make(self, tables: Table, folder: Path) -> tuple[T, ...]:
        """One part for each table in ``tables``, in the file's order.

        Raises :class:`~chainboy.errors.ConfigError` for a name that nobody registered, or two did, for a
        part that cannot be loaded, and for a key that the part does not take.
        """
        return tuple(self.by_name(tables, folder).values())

    def by_name(self, tables: Table, folder: Path) -> dict[str, T]:
        """The same, each under its name."""
        return {name: self._make(name, table, folder) for name, table in tables.subtables()}

    def _make(self, name: str, table: Table, folder: Path) -> T:
        where = table.name.removesuffix(".")
        part = self._load(name, where)(table, folder)
        table.finish()
        return part

    def _load(self, name: str, where: str) -> Maker[T]:
        point = self._point(name, where)
        try:
            maker: Maker[T] = point.load()
        except (ImportError, AttributeError) as error:
            source = point.dist.name if point.dist else point.module
            raise ConfigError(
                f"{where} cannot be loaded ({error}); install what {source} needs for it"
            ) from error
        return maker

    def _point(self, name: str, where: str) -> EntryPoint:
        points = entry_points(group=self.name, name=name)
        if not points:
            known = ", ".join(self.names()) or "none"
            raise ConfigError(f"{where} is not known; install its package, or use one of {known}")
        if len({point.value for point in points}) > 1:
            packages = " and ".join(sorted(point.dist.name if point.dist else "?" for point in points))
            raise ConfigError(f"{where} is brought by {packages}; uninstall one of them")
        return next(iter(points))


SANDBOXES: Group[Sandbox] = Group("chainboy.sandboxes")
CONTENT_STORES: Group[ContentReader] = Group("chainboy.content_stores")
EVENT_SOURCES: Group[Watcher] = Group("chainboy.event_sources")
