"""Which keys a parser asks a configuration for, whether or not they are in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from chainboy.tables import Table

T = TypeVar("T")


@attrs.define
class Key:
    """One key, and all ways in which it was asked for; ``probed``: the parser first looked if it is there."""

    defaults: list[Any] = attrs.field(factory=list)
    reads: list[Callable[[Any], Any]] = attrs.field(factory=list)
    probed: bool = False
    files: set[Path] = attrs.field(factory=set)


@attrs.define
class Asked:
    """What was asked for in ``file`` and those before it, under full names such as ``policy.min_price``."""

    file: Path = Path()
    keys: dict[str, Key] = attrs.field(factory=dict)
    tables: dict[str, set[Path]] = attrs.field(factory=dict)
    """Each with the files that have it."""

    def key(self, name: str) -> Key:
        """The key of that name."""
        return self.keys.setdefault(name, Key())

    def required(self, name: str) -> bool:
        """Wherever its table is, the key has to be."""
        key, table = self.keys[name], name.rpartition(".")[0]
        return not key.probed and not key.defaults and key.files == self.tables[table]

    def settle(self) -> None:
        """Drop what was only probed and turned out to be a table."""
        for name in self.tables.keys() & self.keys.keys():
            del self.keys[name]


class Asking(Table):
    """A table that notes what it is asked for."""

    def __init__(self, values: Mapping[str, Any], name: str, asked: Asked) -> None:
        super().__init__(values, name)
        self._asked = asked

    @classmethod
    def of(cls, path: Path, asked: Asked) -> Asking:
        """The file ``path``, whose parser is to be noted in ``asked``."""
        file, asked.file = Table.load(path), path
        return cls(file._values, file.name, asked)  # noqa: SLF001 - the same class, one step on

    def __contains__(self, key: str) -> bool:
        self._asked.key(self._full(key)).probed = True
        return super().__contains__(key)

    def below(self, values: Mapping[str, Any], name: str) -> Table:
        """A table inside this one, noted as well."""
        return Asking(values, name, self._asked)

    def table(self, key: str, *, optional: bool = False) -> Table:
        """The table under ``key``."""
        self._note_table(key)
        return super().table(key, optional=optional)

    def tables(self, key: str) -> list[Table]:
        """The list of tables under ``key``."""
        self._note_table(key)
        return super().tables(key)

    def take(self, key: str, read: Callable[[Any], T], *default: T) -> T:
        """What ``read`` makes of the value of ``key``."""
        noted = self._asked.key(self._full(key))
        noted.files.add(self._asked.file)
        noted.reads.append(read)
        noted.defaults += [value for value in default if value not in noted.defaults]
        return super().take(key, read, *default)

    def _note_table(self, key: str) -> None:
        files = self._asked.tables.setdefault(self._full(key), set())
        if key in self._values:
            files.add(self._asked.file)

    def _full(self, key: str) -> str:
        return re.sub(r"\[[0-9]+\]", "", f"{self.name}{key}".rpartition(": ")[2])
