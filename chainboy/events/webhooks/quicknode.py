"""QuickNode Streams of logs: HMAC-SHA256 of nonce, timestamp and the body as it was before gzip.

``data`` is a list of blocks, each a list of logs as ``eth_getLogs`` has them.
"""

from __future__ import annotations

import zlib

import attrs

from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.payload import entries, member, parsed, transaction
from chainboy.events.webhooks.provider import Delivery, Notice, check_signature, hmac_sha256, octets

MOST_INFLATED = 8 * 2**20
"""Bytes of a body after gunzip."""

_GZIP = 31


@attrs.frozen
class QuickNode:
    """Reads what QuickNode posts, compressed or not."""

    least_secret: int = 8

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """See :class:`~chainboy.events.webhooks.provider.Provider`."""
        nonce, sent = delivery.header("x-qn-nonce"), delivery.header("x-qn-timestamp")
        body = delivery.body
        if delivery.headers.get("content-encoding", "").strip().lower() == "gzip":
            body = inflated(body)
        signed = octets(nonce) + octets(sent) + body
        check_signature(delivery.header("x-qn-signature"), signed, hmac_sha256(secret))
        said = parsed(body)
        blocks = entries(member(said, "data") if isinstance(said, dict) else said)
        logs = [log for block in blocks for log in entries(block)]
        return Notice(
            hints=tuple(Hint(tx_hash=transaction(member(log, "transactionHash"))) for log in logs),
            sent_at=_seconds(sent),
            nonce=nonce,
        )


def inflated(body: bytes) -> bytes:
    """One gzip member, whole, of at most :data:`MOST_INFLATED` bytes."""
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = inflater.decompress(body, MOST_INFLATED)
    except zlib.error as error:
        raise WebhookRefused("the body is no gzip, though its header says so") from error
    if not inflater.eof or inflater.unused_data:
        raise WebhookRefused(f"the body is cut off, or over {MOST_INFLATED} bytes; narrow the filter")
    return plain


def _seconds(sent: str) -> float:
    if not (sent.isascii() and sent.isdecimal() and len(sent) <= len("4102444800")):
        raise WebhookRefused("x-qn-timestamp is no time in Unix seconds")
    return float(sent)
