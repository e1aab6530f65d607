"""A node's configuration file: TOML, read once, checked key by key, handed on as frozen values.

Paths are relative to the file's folder. Amounts may be integers or, for more than 64 bits, decimal strings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import attrs

from chainboy.chain.keys import Key
from chainboy.chain.price import Spending
from chainboy.chain.profile import ChainProfile
from chainboy.chain.tables import chain_profile, endpoint, endpoints, key_of, spending
from chainboy.cid import Cid
from chainboy.consensus.params import Mode
from chainboy.content.cache import configured as configured_cache
from chainboy.content.cached import composed
from chainboy.content.directory import DirectoryStore
from chainboy.content.store import ContentStore
from chainboy.errors import ConfigError
from chainboy.events.federation import AUTHORITY, Federation
from chainboy.events.polling import polling
from chainboy.events.watch import Watcher
from chainboy.logs import LogFormat
from chainboy.node.economics.tariff import configured as configured_tariff
from chainboy.node.policy import Delivery, Policy
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.node.replicas.settings import configured as configured_postgres
from chainboy.node.watching.settings import WatchSettings
from chainboy.node.watching.settings import configured as configured_watch
from chainboy.plugins import CONTENT_STORES, EVENT_SOURCES, SANDBOXES
from chainboy.pool.settings import PoolSettings
from chainboy.pool.settings import configured as configured_pool
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.service import LogLevel
from chainboy.sources.config import configured as configured_sources
from chainboy.sources.reading import SourceReader
from chainboy.tables import Table, amount, any_address, each, flag, positive, seconds, web_address, wei


@attrs.frozen(kw_only=True)
class Home:
    """The home chain: its figures, where to reach it, and the file with its contracts' addresses.

    ``spending``: what may be paid for transactions there.
    """

    chain: ChainProfile
    urls: tuple[str, ...]
    deployment: Path
    spending: Spending = attrs.field(factory=Spending)


@attrs.frozen(kw_only=True)
class NodeConfig:
    """All that a node process is told; see :meth:`load`. Times in seconds.

    ``home`` may be the path of a network's file; then the node serves its remote chains, too.
    ``relay``: the address of a relay that carries for a node without coins. ``first_block``: no block of the
    home chain before it has anything of the network's contracts. ``sources``: reads the HTTP sources that
    programs declare; none without the table ``[sources]``, and then such programs are not served.
    """

    home: Home | Path
    key: Key
    content: ContentStore
    journal: Path | PostgresSettings
    """A file of this process, or a database that replicas share."""
    sandboxes: tuple[Sandbox, ...]
    """Asked in this order whether they serve a program's runtime."""
    watcher: Watcher = polling
    policy: Policy = attrs.field(factory=Policy)
    pool: PoolSettings = attrs.field(factory=PoolSettings)
    poll_seconds: float = 1.0
    start_block: int | None = None
    first_block: int = 0
    relay: str | None = None
    sources: SourceReader | None = None
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT
    watch: WatchSettings | None = None
    """Where the node can be watched; without it nobody listens."""
    serverless: Table | None = None
    """What a function is told besides, not read yet; see :mod:`chainboy.serverless`."""

    @classmethod
    def load(cls, path: Path, *, key: Key | None = None) -> Self:
        """The configuration in the file ``path``; with ``key`` its own table [key] is not read.

        Raises :class:`~chainboy.errors.ConfigError` that names the key for anything missing, unknown or
        malformed. Files that are named are not opened.
        """
        return cls.read(Table.load(path), path.parent, key=key)

    @classmethod
    def read(cls, file: Table, folder: Path, *, key: Key | None = None) -> Self:
        """The configuration in a file's tables; paths are relative to ``folder``."""
        keys = file.table("key", optional=key is not None)
        home = _home(file, folder)
        node = file.table("node")
        node.moved("workers", "workers in the table [pool]")
        config = cls(
            home=home,
            key=key or key_of(keys, folder, salts=True),
            content=_content(file, node, folder),
            journal=_journal(file, node, folder),
            pool=configured_pool(file.table("pool", optional=True), folder),
            poll_seconds=node.take("poll_seconds", seconds, 1.0),
            start_block=node.take("start_block", amount, None),
            first_block=node.take("first_block", amount, 0),
            relay=node.take("relay", web_address, None),
            log_level=node.take("log_level", LogLevel, LogLevel.INFO),
            log_format=node.take("log_format", LogFormat, LogFormat.TEXT),
            watch=configured_watch(file.table("watch"), folder) if "watch" in file else None,
            sandboxes=SANDBOXES.make(file.table("sandboxes", optional=True), folder) or (WasmSandbox(),),
            watcher=_watcher(file.table("events", optional=True), folder),
            policy=_policy(file.table("policy", optional=True)),
            sources=configured_sources(file.table("sources"), folder) if "sources" in file else None,
            serverless=file.table("serverless") if "serverless" in file else None,
        )
        for table in (node, file):
            table.finish()
        return config


def _home(file: Table, folder: Path) -> Home | Path:
    if "network" in file:
        for key in ("chain", "contracts"):
            if key in file:
                raise ConfigError(f"{file.name}[{key}] is what [network] gives; remove one of both")
        network = file.table("network")
        path = folder / network.take("file", str)
        network.finish()
        return path
    chain, contracts = file.table("chain"), file.table("contracts")
    home = Home(
        urls=_urls(chain),
        chain=chain_profile(chain, "custom"),
        spending=spending(chain),
        deployment=folder / contracts.take("deployment", str),
    )
    chain.finish()
    contracts.finish()
    return home


def _journal(file: Table, node: Table, folder: Path) -> Path | PostgresSettings:
    if "journal" not in file:
        return folder / node.take("journal", str)
    if "journal" in node:
        raise ConfigError(f"{node.name}journal is a file, and [journal] names a database; remove one of both")
    return configured_postgres(file.table("journal"), folder)


def _urls(chain: Table) -> tuple[str, ...]:
    if "urls" not in chain:
        return (chain.take("url", endpoint),)
    if "url" in chain:
        raise ConfigError(f"{chain.name}url is one of {chain.name}urls; remove one of both")
    return chain.take("urls", endpoints)


def _content(file: Table, node: Table, folder: Path) -> ContentStore:
    if "content" in node:
        if "content" in file:
            raise ConfigError(f"{node.name}content is what [content.directory] gives; remove one of both")
        return DirectoryStore(folder / node.take("content", str))
    tables = file.table("content")
    cache = configured_cache(tables.table("cache"), folder) if "cache" in tables else None
    places = CONTENT_STORES.make(tables, folder)
    if not places:
        raise ConfigError(f"{file.name}[content] names no store; add [content.directory] with its path")
    return composed(places, cache)


def _watcher(table: Table, folder: Path) -> Watcher:
    """Polling, or polling with others beside it."""
    pause = table.take("polling_seconds", seconds, None)
    watchers = EVENT_SOURCES.by_name(table, folder)
    if watchers.keys() - {AUTHORITY}:
        return Federation(watchers=watchers, pause=pause or 0.0)
    if pause is not None:
        raise ConfigError(f"{table.name}polling_seconds is for polling beside other sources; add one of them")
    return watchers.get(AUTHORITY, polling)


def _policy(table: Table) -> Policy:
    usual = Policy()
    policy = Policy(
        min_price=table.take("min_price", wei, usual.min_price),
        min_price_per_megafuel=table.take("min_price_per_megafuel", wei, usual.min_price_per_megafuel),
        margin=table.take("margin", amount, usual.margin),
        modes=table.take("modes", each(_mode), usual.modes),
        allowed=table.take("allowed", each(_program), usual.allowed),
        denied=table.take("denied", each(_program), usual.denied),
        denied_requesters=table.take("denied_requesters", each(any_address), usual.denied_requesters),
        delivery=table.take("delivery", Delivery, usual.delivery),
        claim_batch=table.take("claim_batch", positive, usual.claim_batch),
        claim_after=table.take("claim_after", amount, usual.claim_after),
        finalize_backoff=table.take("finalize_backoff", amount, usual.finalize_backoff),
        enter=table.take("enter", flag, usual.enter),
        slash_budget=table.take("slash_budget", wei, usual.slash_budget),
        tariff=configured_tariff(table),
    )
    table.finish()
    return policy


def _mode(value: Any) -> Mode:
    return Mode[str(value).upper()]


def _program(value: Any) -> bytes:
    return Cid.parse(value).digest
