"""What the annotated files of one component say, beside what its parser asks them for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from chainboy.tables import Table
from generating.annotated import Annotated, Note
from generating.asking import Asked, Asking
from generating.kinds import shown
from generating.stale import Unwritten


@attrs.frozen(kw_only=True)
class Component:
    """What has a configuration file: the folder of its annotated files, how it is read, its named parts."""

    folder: Path
    title: str
    read: Callable[[Table, Path], object]
    parts: Callable[[], Iterator[str]] = lambda: iter(())


@attrs.frozen(kw_only=True)
class Reading:
    """What was asked for, and what the files say about it."""

    asked: Asked
    files: tuple[Annotated, ...]

    @classmethod
    def of(cls, component: Component) -> Reading:
        """Read every file, ``complete.toml`` first.

        Raises :class:`Unwritten` for whatever the code has and no file describes, and
        :class:`~chainboy.errors.ConfigError` for what a file has and the code refuses.
        """
        asked, complete = Asked(), component.folder / "complete.toml"
        paths = sorted(component.folder.glob("*.toml"), key=lambda path: (path != complete, path))
        for path in paths:
            component.read(Asking.of(path, asked), path.parent)
        for part in component.parts():
            asked.tables.setdefault(part, set())
        asked.settle()
        reading = cls(asked=asked, files=tuple(map(Annotated.load, paths)))
        gaps = "".join(f"\n- {gap}" for gap in reading.gaps())
        if gaps:
            name = "/".join(complete.parts[-4:])
            raise Unwritten(f"the code reads what {name} does not have; add{gaps}")
        return reading

    def note(self, name: str) -> Note:
        """The first description of a table or key; an empty one if there is none."""
        return next((file.notes[name] for file in self.files if name in file.notes), Note("", ""))

    def value(self, name: str) -> object:
        """The first value that a file has for a key."""
        return next((file.values[name] for file in self.files if name in file.values), None)

    def tables(self) -> Iterator[str]:
        """The tables, in the files' order."""
        names = dict.fromkeys(name for file in self.files for name in file.notes)
        return (name for name in names if name in self.asked.tables)

    def keys_of(self, table: str) -> list[str]:
        """The keys of a table, in the files' order."""
        names = dict.fromkeys(name for file in self.files for name in file.values)
        return [name for name in names if name in self.asked.keys and name.rpartition(".")[0] == table]

    def gaps(self) -> Iterator[str]:
        """What is to be written into the files, a line each."""
        for name in self.asked.tables:
            if not self.note(name).meaning:
                yield f"[{name}], under a comment that says what it is for, with its keys"
        for name, key in self.asked.keys.items():
            note, value = self.note(name), self.value(name)
            if value is None:
                table, _, last = name.rpartition(".")
                default = " or ".join(filter(None, map(shown, key.defaults))) or "none"
                yield f"under [{table}], or to another file there: `{last} = …` (default {default})"
            elif not note.meaning:
                yield f"a comment above {name}: what it means, begun with its unit in parentheses"
            elif type(value) in (int, float) and not note.unit:
                yield f"the unit of {name}, in parentheses at the beginning of its comment"
