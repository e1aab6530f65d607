"""Urls with placeholders: ``{name}`` becomes an input's value, which can never leave its place.

**Rule.** A template is ``http(s)://host[:port][/path][?query]`` in the characters of RFC 3986, without user
name and fragment. Placeholders stand in path and query alone, so scheme, host and port are always those that
the program declares. A value is percent-encoded but for letters, digits and ``-._~``. It has at most 256
bytes and no control characters; in the path no slash or backslash either, and the segment that it stands in
must become neither empty nor ``.`` or ``..``. The whole url has at most 2,048 characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

import attrs

from chainboy.errors import ProgramError

MAX_URL = 2_048
MAX_VALUE = 256
"""Most bytes of a value, as UTF-8."""

_TEMPLATE = re.compile(r"(https?://[^/?#{}@\\]+)(/[^?#]*)?(\?[^#]*)?")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ALLOWED = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LEAVES_A_SEGMENT = re.compile(r"[/\\]")


@attrs.frozen
class Template:
    """A url as a program declares it; raises :class:`~chainboy.errors.ProgramError` unless it is one."""

    url: str
    _head: str = attrs.field(init=False)
    _path: str = attrs.field(init=False)
    _query: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        found = _TEMPLATE.fullmatch(self.url)
        if found is None or not _ALLOWED.fullmatch(_PLACEHOLDER.sub("", self.url)):
            raise ProgramError(
                f"{self.url[:80]!r} is no usable url; write https://host/path?query, with placeholders after "
                "the host"
            )
        for name, text in zip(("_head", "_path", "_query"), found.groups(default=""), strict=True):
            object.__setattr__(self, name, text)

    @property
    def names(self) -> frozenset[str]:
        """The inputs that the url asks for."""
        return frozenset(_PLACEHOLDER.findall(self.url))

    def fill(self, values: Mapping[str, str]) -> str:
        """The url with every placeholder filled from ``values``.

        Raises :class:`~chainboy.errors.ProgramError` for a value that may not stand in its place.
        """
        segments = (_segment(segment, values) for segment in self._path.split("/"))
        filled = self._head + "/".join(segments) + _filled(self._query, values)
        if len(filled) > MAX_URL:
            raise ProgramError(f"the url made of {self.url[:80]!r} has more than {MAX_URL} characters")
        return filled


def _segment(segment: str, values: Mapping[str, str]) -> str:
    names = _PLACEHOLDER.findall(segment)
    filled = _filled(segment, values)
    if names and (
        unquote(filled) in {"", ".", ".."} or any(_LEAVES_A_SEGMENT.search(values[name]) for name in names)
    ):
        raise ProgramError(f"the input {names[0]!r} may not stand in the path of this url: it would leave it")
    return filled


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: _encoded(found[1], values[found[1]]), text)


def _encoded(name: str, value: str) -> str:
    if len(value.encode()) > MAX_VALUE or _CONTROL.search(value):
        raise ProgramError(
            f"the input {name!r} may not stand in a url: it has control characters or over {MAX_VALUE} bytes"
        )
    return quote(value, safe="")
