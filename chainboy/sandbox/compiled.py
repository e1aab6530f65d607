"""A runtime's artifact as native code: compiled once, then loaded from a private folder on disk."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chainboy.atomic import put_file
from chainboy.errors import SandboxError
from chainboy.sandbox.engine import CONFIGURATION
from chainboy.sandbox.runtimes import Runtime

if TYPE_CHECKING:
    from wasmtime import Engine, Module

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CHANGED_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH

_ROOT = 0
"""Who installs what everybody runs: code that only root can change is as trusted as this program."""


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this platform keeps a user's caches, and in it ours."""
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "chainboy"


def load(engine: Engine, runtime: Runtime, folder: Path) -> Module:
    """The module of ``runtime``, from ``folder`` if it is there whole, else compiled and kept there.

    Native code is as trusted as this program itself: the folder must be the user's alone, or root's and
    nobody else's to change, and code is loaded only if it has the digest noted when it was compiled. Raises
    :class:`SandboxError`.
    """
    from wasmtime import Module, WasmtimeError  # noqa: PLC0415 - heavy

    _make_private(folder)
    code = folder / f"{_key(runtime)}.cwasm"
    noted = code.with_suffix(".sha256")
    if _is_whole(code, noted):
        try:
            return Module.deserialize_file(engine, str(code))
        except WasmtimeError as error:  # another processor's code, for one
            _log.info("compiling %s again: %s", runtime.name, error)
    _log.info("compiling %s, once for this machine", runtime.name)
    try:
        module = Module(engine, runtime.module())
    except WasmtimeError as error:
        raise SandboxError(f"{runtime.name} cannot be compiled on this machine: {error}") from error
    _keep(bytes(module.serialize()), code, noted)
    return module


def share(folder: Path) -> None:
    """Let everybody read what is in ``folder``, and nobody else change it: for images that root builds."""
    for path in folder.iterdir():
        path.chmod(0o644)
    folder.chmod(0o755)


def _key(runtime: Runtime) -> str:
    parts = (runtime.sha256, runtime.wasmtime, CONFIGURATION, platform.system(), platform.machine())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name != "posix":
            return
        found = folder.stat()
        if found.st_uid == os.getuid() and found.st_mode & _OTHERS:
            folder.chmod(0o700)
    except OSError as error:
        raise SandboxError(f"the cache folder {folder} cannot be used ({error}); name another one") from error
    if found.st_uid == _ROOT and not found.st_mode & _CHANGED_BY_OTHERS:
        return
    if found.st_uid != os.getuid():
        raise SandboxError(f"the cache folder {folder} belongs to somebody else; name one of your own")


def _is_whole(code: Path, noted: Path) -> bool:
    try:
        return noted.read_text("ascii") == hashlib.sha256(code.read_bytes()).hexdigest()
    except (OSError, UnicodeDecodeError):
        return False


def _keep(data: bytes, code: Path, noted: Path) -> None:
    try:
        put_file(code, data)
        put_file(noted, hashlib.sha256(data).hexdigest().encode())
    except OSError as error:
        # Compiling again next time costs seconds; a full disk is no reason to abstain.
        _log.warning("compiled code was not kept in %s: %s", code.parent, error)
