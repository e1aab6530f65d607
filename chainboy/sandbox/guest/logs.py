"""What a program prints, kept in memory up to a limit, and what is said about how it failed."""

from __future__ import annotations

import io
import sys
from collections import deque
from typing import Any

LIMIT = 65_536
"""Most bytes kept of what a program prints; the rest is dropped. A note on its failure comes on top."""
FRAMES = 16
"""Most frames shown of a traceback: the innermost ones."""
_SYNTAX = (SyntaxError, IndentationError, TabError)
_HARMLESS = tuple(kind.__dict__["__str__"] for kind in (BaseException, KeyError, OSError, ImportError))
# Past whatever a class of the program's redefines.
_TRACEBACK: Any = BaseException.__dict__["__traceback__"]
_ARGUMENTS: Any = BaseException.__dict__["args"]
_BASES: Any = type.__dict__["__mro__"]
_NAMESPACE: Any = type.__dict__["__dict__"]
_PLAIN = (str, int, float, bool, bytes, type(None))


class _Capped(io.RawIOBase):
    def __init__(self) -> None:
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = len(data)
        self.kept += bytes(data[: max(0, LIMIT - len(self.kept))])
        return size


class Log:
    """Standard output and standard error, in one, as they were written."""

    def __init__(self) -> None:
        self._raw = _Capped()
        raw: Any = self._raw
        self.stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)

    def note(self, line: str) -> None:
        """Add a line of the runtime's own, past the limit if need be."""
        self._raw.kept += line.encode("utf-8", "backslashreplace") + b"\n"

    def text(self) -> str:
        """Everything kept, as text."""
        return self._raw.kept.decode("utf-8", "replace")


def capture() -> Log:
    """A new log that standard output and standard error go to from now on."""
    log = Log()
    sys.stdout = sys.stderr = log.stream
    return log


def describe(error: BaseException, name: str, filename: str) -> str:
    """The program's lines on the way to ``error``, its name and, if that runs no foreign code, its text."""
    lines: deque[str] = deque(maxlen=FRAMES)
    trace = _TRACEBACK.__get__(error)
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == filename:
            lines.append(f"  line {trace.tb_lineno}, in {code.co_name}")
        trace = trace.tb_next
    return "\n".join([*lines, name + _text(error)])


def _text(error: BaseException) -> str:
    if type(error) in _SYNTAX:
        return f": {error.msg} (line {error.lineno})"  # type: ignore[attr-defined]
    arguments = _ARGUMENTS.__get__(error)
    if not _is_harmless(type(error)) or any(type(argument) not in _PLAIN for argument in arguments):
        return ""
    try:
        return ": " + ", ".join(str(argument) for argument in arguments)[:1000]
    except ValueError:  # an integer of too many digits
        return ""


def _is_harmless(kind: type) -> bool:
    """Whether an error of this class is shown by the interpreter: a hostile __str__ must not run."""
    for base in _BASES.__get__(kind):
        shown = _NAMESPACE.__get__(base).get("__str__")
        if shown is not None:
            return any(shown is own for own in _HARMLESS)
    return False
