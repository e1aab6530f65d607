"""The seam to those who post webhooks: a body, its headers and a secret in, hints out; no clock, no I/O."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Protocol

import attrs

from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint

MOST_BYTES = 2**20
"""Of a body as it comes."""


@attrs.frozen(kw_only=True)
class Delivery:
    """One post; names of ``headers`` in lower case, ``tail`` is the path behind the provider's name."""

    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    tail: str = attrs.field(default="", repr=False)

    def header(self, name: str) -> str:
        """A header that must be there."""
        if name not in self.headers:
            raise WebhookRefused(f"there is no {name} header; set signing up at the provider")
        return self.headers[name]


@attrs.frozen(kw_only=True)
class Notice:
    """What a genuine delivery says; ``sent_at``, in Unix seconds, and ``nonce`` where it has them."""

    hints: tuple[Hint, ...] = ()
    sent_at: float | None = None
    nonce: str | None = None


class Provider(Protocol):
    """Reads one provider's deliveries."""

    @property
    def least_secret(self) -> int:
        """How many characters its secret has at least."""
        ...

    def read(self, delivery: Delivery, secret: str) -> Notice:
        """What it says; raises :class:`~chainboy.errors.WebhookRefused`, and nothing else, unless genuine."""
        ...


def octets(header: str) -> bytes:
    """A header's bytes, whatever characters somebody put into it."""
    return header.encode("utf-8", "replace")


def check_signature(given: str, body: bytes, digest: Callable[[bytes], bytes]) -> None:
    """Raise :class:`~chainboy.errors.WebhookRefused` unless ``given`` is, in hexadecimal, ``digest(body)``.

    Takes as long for a near miss as for any other.
    """
    expected = digest(body).hex().encode()
    if not hmac.compare_digest(octets(given.strip().lower().removeprefix("0x")), expected):
        raise WebhookRefused("the signature is not that of this body; check the key in the key file")


def hmac_sha256(secret: str) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 under ``secret``."""
    return lambda body: hmac.digest(secret.encode(), body, "sha256")
