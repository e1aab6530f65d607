"""Where in an answer the number stands: JSONPath (RFC 9535), which must lead to exactly one place.

All of the RFC is served but its functions ``match`` and ``search``: nothing bounds the work of a pattern. How
much of an answer a path may look at is bounded, see :mod:`chainboy.sources.document`.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import attrs

from chainboy.errors import ProgramError, SourceUnavailable
from chainboy.sources.document import Decimal, Meter, read

MAX_PATH = 256
"""Most characters of a path."""

_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_TWO_NUMBERS = re.compile(r"[0-9]\s+-?[0-9]")
"""Never a JSONPath, though the library takes ``$[:2 1]`` for ``$[:2:1]``."""


@attrs.frozen
class Path:
    """A JSONPath; raises :class:`~chainboy.errors.ProgramError` unless it is one that is served."""

    text: str
    _query: Any = attrs.field(init=False, eq=False, repr=False)

    @_query.default
    def _compile(self) -> Any:
        from jsonpath_rfc9535 import (  # noqa: PLC0415 - only programs with sources need it
            JSONPathEnvironment,
            JSONPathError,
        )

        if len(self.text) > MAX_PATH:
            raise ProgramError(f"a pick has at most {MAX_PATH} characters, not {len(self.text)}")
        if _TWO_NUMBERS.search(_QUOTED.sub("''", self.text)):
            raise ProgramError(f"the pick {self.text[:80]!r} has two numbers with nothing between them")
        environment = JSONPathEnvironment()
        for unbounded in ("match", "search"):
            del environment.function_extensions[unbounded]
        try:
            return environment.compile(self.text)
        except (JSONPathError, RecursionError, ValueError, OverflowError) as error:
            raise ProgramError(f"the pick {self.text[:80]!r} is no JSONPath that is served here") from error

    def pick(self, body: bytes) -> str:
        """The text of the one number, or of the one string, at this path of the JSON document ``body``.

        Raises :class:`~chainboy.errors.SourceUnavailable` when the document is not one, or the path leads to
        no place, to more than one, or to something else.
        """
        from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415

        try:
            found = list(itertools.islice(self._query.finditer(read(body, Meter())), 2))
        except (JSONPathError, RecursionError) as error:
            raise SourceUnavailable(f"the pick {self.text!r} cannot be followed in this answer") from error
        if len(found) != 1:
            number = "no place" if not found else "more than one place"
            raise SourceUnavailable(f"the pick {self.text!r} leads to {number} in the answer")
        return self._text(found[0].value)

    def _text(self, value: object) -> str:
        match value:
            case bool():
                pass
            case str():
                return value
            case Decimal():
                return value.text
            case int():
                return str(value)
        raise SourceUnavailable(f"at {self.text!r} stands no number")
