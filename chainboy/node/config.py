"""A node's configuration file: TOML, read once, checked key by key, handed on as frozen values.

Paths are relative to the file's folder. Amounts may be integers or, for more than 64 bits, decimal strings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import attrs

from chainboy.chain.profile import ChainProfile
from chainboy.cid import Cid
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode
from chainboy.errors import ChainBoyError, ConfigError
from chainboy.node.policy import Delivery, Policy
from chainboy.units import Address, Wei

T = TypeVar("T")

PROFILES: Mapping[str, Callable[[], ChainProfile]] = MappingProxyType(
    {"siberium": ChainProfile.siberium, "siberium-testnet": ChainProfile.siberium_testnet}
)
"""Chains that a file can name; any other gives its own figures."""


class LogLevel(Enum):
    """How much a node tells."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen(kw_only=True)
class NodeConfig:
    """All that a node process is told; see :meth:`load`. Times in seconds."""

    chain: ChainProfile
    url: str
    deployment: Path
    keystore: Path
    password_file: Path
    content: Path
    journal: Path
    policy: Policy = attrs.field(factory=Policy)
    workers: int = 2
    poll_seconds: float = 1.0
    start_block: int | None = None
    log_level: LogLevel = LogLevel.INFO

    @classmethod
    def load(cls, path: Path) -> Self:
        """The configuration in the file ``path``.

        Raises :class:`~chainboy.errors.ConfigError` that names the key for anything missing, unknown or
        malformed. Files that are named are not opened.
        """
        try:
            found = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror}); give a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not TOML: {error}") from error
        return cls._parse(_Table(found, f"{path}: "), path.parent)

    @classmethod
    def _parse(cls, file: _Table, folder: Path) -> Self:
        chain, node = file.table("chain"), file.table("node")
        keys, contracts = file.table("key"), file.table("contracts")
        config = cls(
            url=chain.take("url", str),
            chain=_chain(chain),
            deployment=folder / contracts.take("deployment", str),
            keystore=folder / keys.take("keystore", str),
            password_file=folder / keys.take("password_file", str),
            content=folder / node.take("content", str),
            journal=folder / node.take("journal", str),
            workers=node.take("workers", _positive, 2),
            poll_seconds=node.take("poll_seconds", _seconds, 1.0),
            start_block=node.take("start_block", _amount, None),
            log_level=node.take("log_level", LogLevel, LogLevel.INFO),
            policy=_policy(file.table("policy", optional=True)),
        )
        for table in (chain, node, keys, contracts, file):
            table.finish()
        return config


class _Table:
    """One table of the file; whatever is wrong with a key is told with the key's full name."""

    def __init__(self, values: Mapping[str, Any], name: str) -> None:
        self._values = dict(values)
        self._name = name

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def table(self, key: str, *, optional: bool = False) -> _Table:
        found = self._values.pop(key, {} if optional else None)
        if not isinstance(found, dict):
            raise ConfigError(f"{self._name}[{key}] is missing or no table; add it")
        return _Table(found, f"{self._name}{key}.")

    def take(self, key: str, read: Callable[[Any], T], *default: T) -> T:
        if key not in self._values:
            if default:
                return default[0]
            raise ConfigError(f"{self._name}{key} is missing; add it")
        value = self._values.pop(key)
        if read is str and not (isinstance(value, str) and value):
            raise ConfigError(f"{self._name}{key} must be text that is not empty, not {value!r}")
        try:
            return read(value)
        except ChainBoyError as error:
            raise ConfigError(f"{self._name}{key}: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{self._name}{key} cannot be {value!r}: {_expected(read, error)}") from error

    def finish(self) -> None:
        for key in self._values:
            raise ConfigError(f"{self._name}{key} is not known; remove it or correct its name")


def _expected(read: Callable[[Any], Any], error: Exception) -> str:
    if isinstance(read, type) and issubclass(read, Enum):
        return "use one of " + ", ".join(str(member.value) for member in read)
    return str(error)


def _chain(table: _Table) -> ChainProfile:
    if "profile" in table:
        return table.take("profile", _named_profile)
    return ChainProfile(
        name=table.take("name", str, "custom"),
        chain_id=table.take("chain_id", _positive),
        confirmations=table.take("confirmations", _amount),
        block_seconds=table.take("block_seconds", _positive),
        poa=table.take("poa", _flag, False),
    )


def _policy(table: _Table) -> Policy:
    usual = Policy()
    policy = Policy(
        min_price=table.take("min_price", _wei, usual.min_price),
        min_price_per_megafuel=table.take("min_price_per_megafuel", _wei, usual.min_price_per_megafuel),
        margin=table.take("margin", _amount, usual.margin),
        modes=table.take("modes", _each(_mode), usual.modes),
        allowed=table.take("allowed", _each(_program), usual.allowed),
        denied=table.take("denied", _each(_program), usual.denied),
        denied_requesters=table.take("denied_requesters", _each(_address), usual.denied_requesters),
        delivery=table.take("delivery", Delivery, usual.delivery),
        claim_batch=table.take("claim_batch", _positive, usual.claim_batch),
        claim_after=table.take("claim_after", _amount, usual.claim_after),
        finalize_backoff=table.take("finalize_backoff", _amount, usual.finalize_backoff),
        enter=table.take("enter", _flag, usual.enter),
    )
    table.finish()
    return policy


def _named_profile(value: Any) -> ChainProfile:
    if value not in PROFILES:
        known = ", ".join(PROFILES)
        raise ValueError(f"use one of {known}, or give chain_id, confirmations and block_seconds")
    return PROFILES[value]()


def _amount(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or number < 0:
        raise ValueError("give a whole number, 0 or more")
    return number


def _wei(value: Any) -> Wei:
    return Wei(_amount(value))


def _positive(value: Any) -> int:
    number = _amount(value)
    if number == 0:
        raise ValueError("give a whole number, 1 or more")
    return number


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("give seconds above zero")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("give true or false")
    return value


def _mode(value: Any) -> Mode:
    return Mode[str(value).upper()]


def _program(value: Any) -> bytes:
    return Cid.parse(value).digest


def _address(value: Any) -> Address:
    return to_address(bytes.fromhex(value.removeprefix("0x")))


def _each(read: Callable[[Any], T]) -> Callable[[Any], frozenset[T]]:
    def read_list(value: Any) -> frozenset[T]:
        if not isinstance(value, list):
            raise TypeError("give a list")
        return frozenset(map(read, value))

    return read_list
