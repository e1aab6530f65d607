"""The table ``[serverless]`` of a node's configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from chainboy.errors import ConfigError
from chainboy.serverless import directory, s3
from chainboy.serverless.budget import Budget
from chainboy.serverless.keeper import NAME
from chainboy.serverless.store import ResultStore, checked_name
from chainboy.tables import Table, seconds

STORES: Mapping[str, Callable[[Table, Path], ResultStore]] = MappingProxyType(
    {"directory": directory.configured, "s3": s3.configured}
)
"""The stores that a file can name; each is made of its table, and opens nothing yet."""


@attrs.frozen(kw_only=True)
class Settings:
    """What a function is told besides; ``tick_key_file`` has the secret in a tick's address."""

    store: ResultStore
    name: str = NAME
    budget: Budget = attrs.field(factory=Budget)
    tick_key_file: Path | None = None


def configured(table: Table, folder: Path) -> Settings:
    """The settings in the table; :class:`~chainboy.errors.ConfigError` names the key that is wrong."""
    tick_key_file = table.take("tick_key_file", str, None)
    settings = Settings(
        store=_store(table.table("store"), folder),
        name=table.take("name", checked_name, NAME),
        budget=_budget(table),
        tick_key_file=None if tick_key_file is None else folder / tick_key_file,
    )
    table.finish()
    return settings


def _budget(table: Table) -> Budget:
    usual = Budget()
    figures = {
        "deadline": table.take("deadline", seconds, usual.deadline),
        "reserve": table.take("reserve", seconds, usual.reserve),
        "linger": table.take("linger", seconds, usual.linger),
    }
    try:
        return Budget(**figures)
    except ConfigError as error:
        raise ConfigError(f"{table.name}reserve: {error}") from error


def _store(table: Table, folder: Path) -> ResultStore:
    known, where = ", ".join(STORES), table.name.removesuffix(".")
    found = table.subtables()
    if len(found) != 1:
        raise ConfigError(f"{where} must have one table for one store; use one of {known}")
    (name, part) = found[0]
    if name not in STORES:
        raise ConfigError(f"{where}.{name} is not known; use one of {known}")
    store = STORES[name](part, folder)
    part.finish()
    return store
