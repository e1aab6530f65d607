"""Puts a file in place so that no reader and no crash ever finds a part of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def put_file(target: Path, data: bytes) -> None:
    """Write ``data`` beside ``target`` and rename it; it is on the disk once this returns.

    Raises :class:`OSError`, and then the old file, or none, is there.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".put-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last; where it cannot be opened, as on Windows, the system sees to it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
