"""Hears of transactions from ipn.tools over its WebSocket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from chainboy.errors import ChainError, WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.listener import Heard, Line, ListeningSource
from chainboy.events.payload import member, parsed, transaction
from chainboy.events.source import EventSource
from chainboy.events.subscription import websocket_url
from chainboy.events.watch import Watch, Watcher
from chainboy.secretfile import read_secret
from chainboy.tables import Table, positive

URL = "wss://ipn.tools/websocket/messages"
HASH_FIELD = "hash"


class IpnDialect:
    """What is said on one connection: a filter by rules; the first message grants it, later ones tell.

    ``hash_field``: the names, joined by dots, under which a message has the transaction's hash. A message
    without one tells nothing.
    """

    def __init__(self, rules: Sequence[Any], hash_field: str, chain_id: int | None) -> None:
        self._rules = rules
        self._path = hash_field.split(".")
        self._chain_id = chain_id
        self._granted = False

    def greeting(self) -> Sequence[str]:
        """The one command."""
        return [json.dumps({"command": "filter", "events": list(self._rules)})]

    def hear(self, message: str | bytes) -> Heard:
        """The acknowledgement, or a transaction."""
        try:
            said = parsed(message)
        except WebhookRefused as error:
            raise ChainError("ipn.tools said what is no JSON; correct its url") from error
        if not self._granted:
            self._granted = True
            return Heard(ready=True)
        try:
            tx_hash = transaction(member(said, *self._path))
        except WebhookRefused:
            return Heard()
        return Heard(hints=(Hint(tx_hash=tx_hash, chain_id=self._chain_id),))


@attrs.frozen(kw_only=True)
class IpnSocket:
    """A watcher over one account at ipn.tools; ``rules`` are the ids of the rules to be told of."""

    key_file: Path
    rules: tuple[Any, ...]
    url: str = URL
    hash_field: str = HASH_FIELD
    chain_id: int | None = None

    def __call__(self, watch: Watch) -> EventSource:
        """The source for ``watch``, which listens from now on; raises ConfigError without the key."""
        line = Line(
            name=f"ipn.tools for chain {watch.chain_id}",
            url=self.url,
            dialect=lambda: IpnDialect(self.rules, self.hash_field, self.chain_id),
            headers={"Authorization": read_secret(self.key_file)},
        )
        return ListeningSource(watch, line)


def configured(table: Table, folder: Path) -> Watcher:
    """``key_file``, ``rules``, and where they differ ``url``, ``hash_field`` and ``chain_id``."""
    return IpnSocket(
        key_file=folder / table.take("key_file", str),
        rules=table.take("rules", _rules),
        url=table.take("url", websocket_url, URL),
        hash_field=table.take("hash_field", str, HASH_FIELD),
        chain_id=table.take("chain_id", positive, None),
    )


def _rules(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise TypeError("give a list of the ids of your rules")
    return tuple(value)
