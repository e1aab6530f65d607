"""Hears of events by ``eth_subscribe`` over a node's WebSocket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from chainboy.errors import ChainError, ConfigError, WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.hinted import HintedSource
from chainboy.events.listener import Heard, Line, ListeningSource
from chainboy.events.log import log_filter
from chainboy.events.payload import member, parsed, transaction
from chainboy.events.source import EventSource
from chainboy.events.watch import Watch, Watcher
from chainboy.tables import Table, positive

SILENT_BLOCKS = 10
"""After so many block times without a new block a connection counts as frozen."""

_CHAIN_ID = re.compile("[1-9][0-9]{0,18}")
_CHAIN, _HEADS, _LOGS = 1, 2, 3
"""The numbers of the requests."""


class Subscription:
    """What is said on one connection: the chain's id is asked for, then new heads and the watch's logs.

    Raises :class:`~chainboy.errors.ChainError` when the endpoint refuses, serves another chain, or is none.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._granted: dict[int, Any] = {}

    def greeting(self) -> Sequence[str]:
        """All three requests, at once."""
        wanted = log_filter(self._watch.addresses, self._watch.topics)
        return [
            _request(_CHAIN, "eth_chainId"),
            _request(_HEADS, "eth_subscribe", "newHeads"),
            _request(_LOGS, "eth_subscribe", "logs", wanted),
        ]

    def hear(self, message: str | bytes) -> Heard:
        """An answer or a notification."""
        try:
            said = parsed(message)
            if "id" in said:
                return self._answered(said["id"], member(said, "result"))
            return self._notified(member(said, "params", "subscription"), member(said, "params", "result"))
        except (WebhookRefused, TypeError) as error:
            raise ChainError("what the endpoint said is no eth_subscribe; use one that has it") from error

    def _answered(self, number: Any, result: Any) -> Heard:
        if number == _CHAIN and result != hex(self._watch.chain_id):
            raise ChainError(f"the endpoint serves a chain other than {self._watch.chain_id}; correct it")
        self._granted[number] = result
        return Heard(ready=self._granted.keys() == {_CHAIN, _HEADS, _LOGS})

    def _notified(self, subscription: Any, result: Any) -> Heard:
        if subscription == self._granted.get(_HEADS):
            return Heard(head=True)
        tx_hash = transaction(member(result, "transactionHash"))
        return Heard(hints=(Hint(tx_hash=tx_hash, chain_id=self._watch.chain_id),))


@attrs.frozen(kw_only=True)
class Subscriptions:
    """A watcher over the WebSockets ``urls`` by chain id; a chain without one has to do with polling."""

    urls: Mapping[int, str] = attrs.field(repr=False)
    silent_blocks: int = SILENT_BLOCKS

    def __call__(self, watch: Watch) -> EventSource:
        """The source for ``watch``, which listens from now on."""
        url = self.urls.get(watch.chain_id)
        if url is None:
            return HintedSource(watch)
        line = Line(
            name=f"the WebSocket of chain {watch.chain_id}",
            url=url,
            dialect=lambda: Subscription(watch),
            silence=float(self.silent_blocks * watch.block_seconds),
        )
        return ListeningSource(watch, line)


def configured(table: Table, _folder: Path) -> Watcher:
    """``urls``, a table of WebSocket addresses by chain id, and ``silent_blocks``."""
    return Subscriptions(
        urls=table.take("urls", _urls),
        silent_blocks=table.take("silent_blocks", positive, SILENT_BLOCKS),
    )


def websocket_url(value: Any) -> str:
    """A ``ws://`` or ``wss://`` address; not shown even when it is wrong, for many hold a key."""
    if not isinstance(value, str) or not value.startswith(("ws://", "wss://")):
        raise ConfigError("give an address that begins with wss:// or ws://")
    return value


def _urls(value: Any) -> Mapping[int, str]:
    if not isinstance(value, dict) or not value or not all(map(_CHAIN_ID.fullmatch, value)):
        raise ConfigError('give a table of addresses by chain id, as { 111111 = "wss://..." }')
    return {int(chain_id): websocket_url(url) for chain_id, url in value.items()}


def _request(number: int, method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
