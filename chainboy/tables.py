"""Reads configuration tables strictly; every mistake is told with the full name of its key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from chainboy.consensus.fields import to_address
from chainboy.errors import ChainBoyError, ConfigError
from chainboy.units import Address, Wei

T = TypeVar("T")

_NOTHING = object()

_URL = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[!-~]*)?", re.IGNORECASE)
"""Hosts are names, internationalised ones in their ASCII form, or addresses."""


class Table:
    """One table of a file; whatever is wrong with a key is told with the key's full name.

    Every key is taken out once, and :meth:`finish` refuses those nobody asked for.
    """

    def __init__(self, values: Mapping[str, Any], name: str) -> None:
        self._values = dict(values)
        self._name = name
        self._known: set[str] = set()

    @classmethod
    def load(cls, path: Path) -> Table:
        """The file ``path`` as one table; :class:`~chainboy.errors.ConfigError` when it is no TOML file."""
        try:
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror}); give a TOML file") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not TOML: {error}") from error
        return cls.parse(text, path)

    @classmethod
    def parse(cls, text: str, path: Path) -> Table:
        """The text of the file ``path`` as one table."""
        try:
            return cls(tomllib.loads(text), f"{path}: ")
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path} is not TOML: {error}") from error

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def name(self) -> str:
        """What the names of this table's keys begin with: the file and the tables around them."""
        return self._name

    def table(self, key: str, *, optional: bool = False) -> Table:
        """The table under ``key``; an empty one if it is ``optional`` and not there."""
        found = self._pop(key, {} if optional else None)
        if not isinstance(found, dict):
            raise ConfigError(f"{self._name}[{key}] is missing or no table; add it{self._misspelt(key)}")
        return self.below(found, f"{self._name}{key}.")

    def below(self, values: Mapping[str, Any], name: str) -> Table:
        """A table inside this one."""
        return Table(values, name)

    def subtables(self) -> list[tuple[str, Table]]:
        """All that is left of this table as tables, each with its key, in the file's order."""
        return [(key, self.table(key)) for key in tuple(self._values)]

    def tables(self, key: str) -> list[Table]:
        """The tables of the list ``[[key]]``, counted from 0 in their names; none if it is not there."""
        found = self._pop(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise ConfigError(f"{self._name}{key} is no list of tables; write each under [[{key}]]")
        return [self.below(item, f"{self._name}{key}[{index}].") for index, item in enumerate(found)]

    def take(self, key: str, read: Callable[[Any], T], *default: T) -> T:
        """What ``read`` makes of the value of ``key``, or the default if there is one and no value."""
        value = self._pop(key, _NOTHING)
        if value is _NOTHING:
            if default:
                return default[0]
            raise ConfigError(f"{self._name}{key} is missing; add it{self._misspelt(key)}")
        if read is str and not (isinstance(value, str) and value and "\0" not in value):
            raise ConfigError(f"{self._name}{key} must be text that is not empty, not {value!r}")
        try:
            return read(value)
        except ChainBoyError as error:
            raise ConfigError(f"{self._name}{key}: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{self._name}{key} cannot be {value!r}: {_expected(read, error)}") from error

    def moved(self, key: str, where: str) -> None:
        """Refuse a key of an earlier version, and tell where what it said is to be written now."""
        if key in self._values:
            raise ConfigError(f"{self._name}{key} has moved; write {where} instead")

    def finish(self) -> None:
        """Refuse keys that nobody took."""
        for key in self._values:
            meant = _alike(key, self._known)
            hint = f", perhaps to {meant}" if meant else ""
            raise ConfigError(f"{self._name}{key} is not known; remove it or correct its name{hint}")

    def _pop(self, key: str, default: object) -> Any:
        self._known.add(key)
        return self._values.pop(key, default)

    def _misspelt(self, key: str) -> str:
        """What to try besides, where ``key`` is missing and the table has something like it."""
        written = _alike(key, self._values)
        return f", or correct {written} if that is meant" if written else ""


def _alike(key: str, others: Iterable[str]) -> str:
    """The one of ``others`` that ``key`` may be a slip of the keyboard for, if any."""
    return next(iter(get_close_matches(key, sorted(others), n=1, cutoff=0.75)), "")


def _expected(read: Callable[[Any], Any], error: Exception) -> str:
    if isinstance(read, type) and issubclass(read, Enum):
        return "use one of " + ", ".join(str(member.value) for member in read)
    return str(error)


def amount(value: Any) -> int:
    """A whole number, 0 or more; as decimal text, too, for TOML's own end at 64 bits."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or number < 0:
        raise ValueError("give a whole number, 0 or more")
    return number


def wei(value: Any) -> Wei:
    """An amount of a chain's coin."""
    return Wei(amount(value))


def positive(value: Any) -> int:
    """A whole number, 1 or more."""
    number = amount(value)
    if number == 0:
        raise ValueError("give a whole number, 1 or more")
    return number


def seconds(value: Any) -> float:
    """Seconds above zero, whole or not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("give seconds above zero")
    return float(value)


def host_and_port(value: Any) -> tuple[str, int]:
    """Where to listen."""
    host, colon, port = str(value).rpartition(":")
    if not (colon and host and port.isascii() and port.isdecimal() and int(port) < 2**16):
        raise ValueError("give a host and a port, as 127.0.0.1:8460")
    return host.strip("[]"), int(port)


def base_url(text: str) -> str:
    """``text`` as the URL that requests begin with: http or https, a host, maybe a port and a path.

    Raises :class:`~chainboy.errors.ConfigError` for anything else; passwords would show in logs.
    """
    if not _URL.fullmatch(text) or not _sound(text):
        shown = "a URL with a user" if "@" in text else repr(text[:200])
        raise ConfigError(
            f"{shown} is not of the form http://host:port, without user, query and fragment; correct it"
        )
    return text.rstrip("/")


def _sound(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return port != 0 and not parts.query and not parts.fragment


def web_address(value: Any) -> str:
    """An http(s) address; not shown even when it is wrong, for many hold a key."""
    try:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return str(value)
    except (ValueError, TypeError, AttributeError):
        pass
    raise ConfigError("give an address that begins with http:// or https://")


def flag(value: Any) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise TypeError("give true or false")
    return value


def any_address(value: Any) -> Address:
    """An address, whatever the case of its digits."""
    return to_address(bytes.fromhex(value.removeprefix("0x")))


def each(read: Callable[[Any], T]) -> Callable[[Any], frozenset[T]]:
    """A reader of lists whose order means nothing."""

    def read_list(value: Any) -> frozenset[T]:
        if not isinstance(value, list):
            raise TypeError("give a list")
        return frozenset(map(read, value))

    return read_list
