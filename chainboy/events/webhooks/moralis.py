"""Moralis Streams: ``x-signature`` is keccak-256 of the body and the secret after it.

Each event is posted twice, when its block is new and when Moralis calls it confirmed: two hints of one event.
"""

from __future__ import annotations

import re
from typing import Any

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.payload import entries, member, parsed, text, transaction
from chainboy.events.webhooks.provider import Delivery, Notice, check_signature

_CHAIN_ID = re.compile("0x[0-9a-fA-F]{1,16}")


@attrs.frozen
class Moralis:
    """Reads what Moralis posts; its test posts have no logs and no chain."""

    least_secret: int = 8

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """See :class:`~chainboy.events.webhooks.provider.Provider`."""
        check_signature(
            delivery.header("x-signature"), delivery.body, lambda body: keccak(body + secret.encode())
        )
        said = parsed(delivery.body)
        logs = entries(member(said, "logs"))
        chain_id = _chain_id(member(said, "chainId"))
        hashes = (transaction(member(log, "transactionHash")) for log in logs)
        return Notice(hints=tuple(Hint(tx_hash=tx_hash, chain_id=chain_id) for tx_hash in hashes))


def _chain_id(value: Any) -> int | None:
    if text(value) == "":
        return None
    if not _CHAIN_ID.fullmatch(value):
        raise WebhookRefused("the body has no number of a chain where one belongs")
    return int(value, 16)
