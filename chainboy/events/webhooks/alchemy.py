"""Alchemy Notify, custom webhooks: HMAC-SHA256 of the body in ``X-Alchemy-Signature``.

The GraphQL query must ask for ``block { logs { transaction { hash } } }``.
"""

from __future__ import annotations

import attrs

from chainboy.events.hint import Hint
from chainboy.events.payload import entries, member, parsed, text, transaction
from chainboy.events.webhooks.provider import Delivery, Notice, check_signature, hmac_sha256


@attrs.frozen
class Alchemy:
    """Reads what Alchemy posts; the id of each post is its nonce."""

    least_secret: int = 8

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """See :class:`~chainboy.events.webhooks.provider.Provider`."""
        check_signature(delivery.header("x-alchemy-signature"), delivery.body, hmac_sha256(secret))
        said = parsed(delivery.body)
        logs = entries(member(said, "event", "data", "block", "logs"))
        return Notice(
            hints=tuple(Hint(tx_hash=transaction(member(log, "transaction", "hash"))) for log in logs),
            nonce=text(member(said, "id")),
        )
