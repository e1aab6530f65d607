"""ipn.tools: no signature, so the address it posts to must be a secret: ``/ipn/SECRET``."""

from __future__ import annotations

import hmac

import attrs

from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.ipn_socket import HASH_FIELD
from chainboy.events.payload import member, parsed, transaction
from chainboy.events.webhooks.provider import Delivery, Notice, octets


@attrs.frozen
class Ipn:
    """Reads what ipn.tools posts; ``hash_field``: see :class:`~chainboy.events.ipn_socket.IpnDialect`."""

    hash_field: str = HASH_FIELD
    least_secret: int = 20

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """See :class:`~chainboy.events.webhooks.provider.Provider`."""
        if not hmac.compare_digest(octets(delivery.tail), secret.encode()):
            raise WebhookRefused("the path does not end with the secret in the key file")
        found = member(parsed(delivery.body), *self.hash_field.split("."))
        return Notice(hints=(Hint(tx_hash=transaction(found)),))
