"""Writes a file so that, whenever the machine stops, it is the old or the new one; one process at a time."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainboy.atomic import sync_folder
from chainboy.errors import ConfigError, JournalError

if sys.platform != "win32":
    import fcntl


def write_atomically(path: Path, text: str) -> None:
    """Replace the file ``path``, or what it links to, by ``text``; its permissions stay.

    Raises :class:`~chainboy.errors.JournalError` when that fails; the old file is there then.
    """
    target = path.resolve()
    # Always the same name: what a killed process left of it is written over, never left behind.
    new = target.with_name(f".{target.name}.new")
    try:
        with new.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, new)
        os.replace(new, target)  # noqa: PTH105 - the system's one call
        sync_folder(target.parent)
    except OSError as error:
        raise JournalError(f"{path} cannot be written ({error.strerror}); make room for it") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes that lock the file ``path`` out; where files cannot be locked, nobody.

    Raises :class:`~chainboy.errors.ConfigError` when another has it, or it cannot be read. The lock ends with
    the process, however that ends.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); give a TOML file") from error
    with file:
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ConfigError(
                    f"another process deploys by {path} now; wait until it has ended"
                ) from error
        yield


def remove(path: Path) -> None:
    """Remove the file ``path``, for good once this returns; :class:`~chainboy.errors.JournalError`."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.resolve().parent)
    except OSError as error:
        raise JournalError(f"{path} cannot be removed ({error.strerror}); remove it by hand") from error
