"""Webhooks as a node's event source: one address for all providers, a source for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from chainboy.errors import ConfigError
from chainboy.events.federation import FederatedSource
from chainboy.events.source import EventSource
from chainboy.events.watch import Watch, Watcher
from chainboy.events.webhooks.desk import Desk, Hook
from chainboy.events.webhooks.provider import MOST_BYTES, Provider
from chainboy.events.webhooks.table import PROVIDERS
from chainboy.secretfile import read_secret
from chainboy.tables import Table, host_and_port, positive
from chainboy.web import Server

LISTEN = ("127.0.0.1", 8900)


@attrs.frozen(kw_only=True)
class HookConfig:
    """What the file says of one provider; ``chain_id``: the chain it tells of when it does not say itself."""

    provider: Provider
    key_file: Path
    chain_id: int | None = None

    def open(self, name: str) -> Hook:
        """The webhook under ``name``; reads its secret."""
        secret = read_secret(self.key_file, least=self.provider.least_secret)
        return Hook(name, self.provider, secret, self.chain_id)


class Receiver:
    """A watcher that listens once the first watch needs it, for all watches together."""

    def __init__(self, hooks: Mapping[str, HookConfig], listen: tuple[str, int] = LISTEN) -> None:
        self._hooks = hooks
        self._listen = listen
        self._desk: Desk | None = None

    def __call__(self, watch: Watch) -> EventSource:
        """The source for ``watch``; raises :class:`~chainboy.errors.ConfigError` without secrets or port."""
        if self._desk is None:
            self._desk = self.desk()
            server = Server(self._desk.handle, *self._listen, most_bytes=MOST_BYTES, name="webhooks")
            watch.closing.callback(self._close, server)
        return FederatedSource({hook.name: hook.source(watch) for hook in self._desk.hooks})

    def desk(self) -> Desk:
        """The same webhooks without a server; reads the secrets."""
        return Desk(config.open(name) for name, config in self._hooks.items())

    def _close(self, server: Server) -> None:
        server.close()
        self._desk = None


def configured(table: Table, folder: Path) -> Watcher:
    """``listen``, and a table for each provider with ``key_file`` and ``chain_id``."""
    listen = table.take("listen", host_and_port, LISTEN)
    hooks = {name: _hook(name, part, folder) for name, part in table.subtables()}
    if not hooks:
        known = ", ".join(PROVIDERS)
        raise ConfigError(f"{table.name.removesuffix('.')} names no provider; add one of {known}")
    return Receiver(hooks, listen)


def _hook(name: str, table: Table, folder: Path) -> HookConfig:
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise ConfigError(f"{table.name.removesuffix('.')} is no known provider; use one of {known}")
    config = HookConfig(
        provider=PROVIDERS[name](table),
        key_file=folder / table.take("key_file", str),
        chain_id=table.take("chain_id", positive, None),
    )
    table.finish()
    return config
