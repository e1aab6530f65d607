"""Tenderly alerts: ``x-tenderly-signature`` is HMAC-SHA256 of the body and the ``Date`` header after it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.payload import member, parsed, text, transaction
from chainboy.events.webhooks.provider import Delivery, Notice, check_signature, hmac_sha256, octets

_MOST_DIGITS = 16


@attrs.frozen
class Tenderly:
    """Reads what Tenderly posts; a test post, whose ``event_type`` is no alert, tells nothing."""

    least_secret: int = 8

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """See :class:`~chainboy.events.webhooks.provider.Provider`."""
        date = delivery.header("date")
        signed = delivery.body + octets(date)
        check_signature(delivery.header("x-tenderly-signature"), signed, hmac_sha256(secret))
        said = parsed(delivery.body)
        notice = Notice(sent_at=_moment(date), nonce=text(member(said, "id")))
        if member(said, "event_type") != "ALERT":
            return notice
        hint = Hint(
            tx_hash=transaction(member(said, "transaction", "hash")),
            chain_id=_chain_id(member(said, "transaction").get("network")),
        )
        return attrs.evolve(notice, hints=(hint,))


def _chain_id(network: Any) -> int | None:
    """The chain's id where it is one; Tenderly may name a chain in other ways, too."""
    plain = isinstance(network, str) and network.isascii() and network.isdecimal()
    return int(network) if plain and len(network) <= _MOST_DIGITS else None


def _moment(date: str) -> float:
    """Unix seconds of a date as HTTP writes it, or as ISO 8601 does."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(date)
            return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    raise WebhookRefused("the Date header is no date")
