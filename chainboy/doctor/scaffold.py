"""Writes a first program with its test, to begin from."""

from __future__ import annotations

import keyword
import re
from importlib import resources
from pathlib import Path

from chainboy.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TEMPLATES = {"{}.py": "program.py", "test_{}.py": "program_test.py"}


def write_program(where: Path, name: str | None = None) -> tuple[Path, ...]:
    """Write a program and its test; returns the files written.

    ``where`` is the program's file if it ends with ``.py``, else a folder, made if it is not there.
    ``name`` is the program's, by default the file's or the folder's. Raises :class:`ConfigError` for a name
    that is no lower-case module name, and rather than write over a file.
    """
    is_file = where.suffix == ".py"
    folder = where.parent if is_file else where
    name = name or (where.stem if is_file else where.resolve().name)
    if is_file and name != where.stem:
        raise ConfigError(
            f"{where.name} and the name {name!r} are not the same; give the folder, or one of them"
        )
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is no name for a program; give one of lower-case letters, digits and _")
    files = {folder / pattern.format(name): _template(file, name) for pattern, file in _TEMPLATES.items()}
    for path in files:
        if path.exists():
            raise ConfigError(f"{path} is there already and is not written over; choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return tuple(files)


def _template(file: str, name: str) -> str:
    text = resources.files(__package__).joinpath("template", file).read_text("utf-8")
    return text.replace("NAME", name)
