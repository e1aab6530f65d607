"""Where a source stands: the last block whose events have all had their effect."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Protocol

import attrs

from chainboy.errors import ConfigError, JournalError


@attrs.frozen
class Cursor:
    """A block that is done, with all before it; ``hash`` is empty where it is not known."""

    number: int
    hash: bytes = b""


class CursorStore(Protocol):
    """Keeps one cursor over restarts."""

    def load(self) -> Cursor | None:
        """The cursor saved last; None when there is none."""
        ...

    def save(self, cursor: Cursor) -> None:
        """Keep ``cursor``: wholly or, after a crash, not at all."""
        ...


class MemoryCursor:
    """Keeps the cursor as long as the process lives."""

    def __init__(self, cursor: Cursor | None = None) -> None:
        self._cursor = cursor

    def load(self) -> Cursor | None:
        """The cursor saved last; None when there is none."""
        return self._cursor

    def save(self, cursor: Cursor) -> None:
        """Keep ``cursor``."""
        self._cursor = cursor


class FileCursor:
    """Keeps the cursor in a small file, replaced in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Cursor | None:
        """The cursor in the file; None when there is no file.

        Raises :class:`~chainboy.errors.ConfigError` when the file is damaged.
        """
        try:
            found = json.loads(self._path.read_text("ascii"))
            return Cursor(int(found["number"]), bytes.fromhex(found["hash"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{self._path} holds no cursor ({error}); remove it to start anew") from error

    def save(self, cursor: Cursor) -> None:
        """Replace the file; raises :class:`~chainboy.errors.JournalError` when the disk does not take it."""
        text = json.dumps({"number": cursor.number, "hash": cursor.hash.hex()})
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            with fresh.open("w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise JournalError(f"{self._path} cannot be written: {error.strerror}; make room") from error
