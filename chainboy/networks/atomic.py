"""Writes a file so that, whenever the machine stops, it is the old one or the new one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from chainboy.errors import JournalError


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
        _sync_folder(target.parent)
    except OSError as error:
        raise JournalError(f"{path} cannot be written ({error.strerror}); make room for it") from error


def remove(path: Path) -> None:
    """Remove the file ``path``, for good once this returns; :class:`~chainboy.errors.JournalError`."""
    try:
        path.unlink(missing_ok=True)
        _sync_folder(path.resolve().parent)
    except OSError as error:
        raise JournalError(f"{path} cannot be removed ({error.strerror}); remove it by hand") from error


def _sync_folder(folder: Path) -> None:
    """A rename lasts once its folder is on the disk; where that cannot be opened, the system sees to it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
