"""What is asked: a program in any of its forms, and the bytes of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from chainboy.cid import Cid
from chainboy.consensus.fields import ZERO_HASH
from chainboy.content.store import ContentStore
from chainboy.errors import InputError
from chainboy.programs.decorator import ProgramFunction
from chainboy.programs.program import Program

Askable = ProgramFunction[..., Any] | Program | Cid | str | Path
"""A decorated function, a program, its CID (or the CID's text), or the path of its file."""


@attrs.frozen(kw_only=True)
class Question:
    """A program and its encoded input; ``program`` None asks for a random number.

    ``contents`` are the data files that came with the program, by CID.
    """

    program: Program | None
    input: bytes = b""
    contents: Mapping[Cid, bytes] = attrs.field(factory=dict)

    @property
    def digest(self) -> bytes:
        """What a request names as its program."""
        return ZERO_HASH if self.program is None else self.program.cid.digest

    def publish(self, content: ContentStore) -> None:
        """Put the program and what came with it where nodes find it."""
        if self.program is not None:
            content.put(self.program.source)
        for data in self.contents.values():
            content.put(data)


def question(
    askable: Askable, args: tuple[Any, ...], kwargs: Mapping[str, Any], content: ContentStore
) -> Question:
    """The question that a call of a client poses; a program known by CID alone is fetched.

    Raises :class:`~chainboy.errors.InputError` for arguments that do not fit,
    :class:`~chainboy.errors.ProgramError` for a file that is no program, and what
    :meth:`~chainboy.content.ContentStore.get` raises.
    """
    program = _program(askable, content)
    contents = askable.contents if isinstance(askable, ProgramFunction) else {}
    return Question(program=program, input=program.encode_input(*args, **kwargs), contents=contents)


def _program(askable: Askable, content: ContentStore) -> Program:
    if isinstance(askable, ProgramFunction):
        return askable.program
    if isinstance(askable, Program):
        return askable
    if isinstance(askable, str) and askable.startswith("bafkrei"):
        askable = Cid.parse(askable)
    if isinstance(askable, Cid):
        return Program(content.get(askable))
    if isinstance(askable, str | Path):
        return Program.from_file(askable)
    raise InputError(f"{askable!r} is no program; decorate it with @program, or give a file or a CID")
