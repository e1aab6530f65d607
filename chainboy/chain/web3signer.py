"""A key that stays in another process: Web3Signer's HTTP API, and nothing of it is believed unchecked.

Rule: Web3Signer's API in ``eth1`` mode: ``POST /api/v1/eth1/sign/{public key}`` signs the keccak256 of
``data``; ``GET /api/v1/eth1/publicKeys`` lists the keys. An answer is used only if it is the account's own
signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import ssl
import threading
from typing import TYPE_CHECKING, Any

import attrs

from chainboy.chain.signer import recover
from chainboy.chain.urls import shown
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.signing import SIGNATURE_BYTES, signer_of
from chainboy.errors import ConfigError, SignatureInvalid, SignerUnavailable
from chainboy.units import Address

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0
"""Seconds to wait for one answer unless the configuration says otherwise."""

ATTEMPTS = 3
"""How often a connection is tried; what was refused or answered is not asked again."""

_OK, _UNKNOWN_KEY = 200, 404
_MOST_BYTES = 1 << 20
_KEY = re.compile(r"0x[0-9a-fA-F]{128}")
_SIGNATURE = re.compile(rf"0x[0-9a-fA-F]{{{2 * SIGNATURE_BYTES}}}")


@attrs.frozen(kw_only=True)
class Line:
    """How Web3Signer is reached: its base URL, and what proves who asks whom.

    ``tls`` has the authorities that are trusted and the client's own certificate; ``token`` goes into the
    header ``Authorization`` for a proxy in front of Web3Signer, which itself knows no tokens. ``transport``
    replaces the network in tests.
    """

    url: str
    timeout: float = TIMEOUT
    token: str | None = attrs.field(default=None, repr=False)
    tls: ssl.SSLContext = attrs.field(factory=ssl.create_default_context, repr=False)
    transport: httpx.BaseTransport | None = None

    @property
    def name(self) -> str:
        """The signer in messages."""
        return f"Web3Signer at {shown(self.url)}"

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of the answer; ``data``: to be sent as JSON with POST.

        Raises :class:`~chainboy.errors.SignerUnavailable`.
        """
        import httpx  # noqa: PLC0415 - heavy
        import tenacity  # noqa: PLC0415

        try:
            for attempt in tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(httpx.ConnectError),
                stop=tenacity.stop_after_attempt(ATTEMPTS),
                wait=tenacity.wait_random_exponential(multiplier=0.1, max=1.0),
                reraise=True,
            ):
                with attempt:
                    return self._once(path, data)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SignerUnavailable(f"{self.name} does not answer ({reason}); start it") from error
        raise AssertionError("the last attempt returns or raises")

    def _once(self, path: str, data: dict[str, str] | None) -> tuple[int, bytes]:
        import httpx  # noqa: PLC0415 - heavy

        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        with (
            # Not through a proxy that some environment variable names, and not by a redirect.
            httpx.Client(
                verify=self.tls, timeout=self.timeout, transport=self.transport, trust_env=False
            ) as client,
            client.stream(
                "GET" if data is None else "POST", f"{self.url}{path}", json=data, headers=headers
            ) as response,
        ):
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise SignerUnavailable(f"{self.name} answers without end; see what listens there")
            return response.status_code, bytes(body)


class Web3Signer:
    """The account ``address``, whose key Web3Signer holds; nothing is asked before the first signature.

    ``salt_secret``, 32 bytes, is what :meth:`derive` derives from: the signer's key cannot be, for it never
    leaves its process, and a signature is no secret. Whoever loses it cannot reveal what was committed.
    """

    def __init__(self, line: Line, address: Address, salt_secret: bytes | None = None) -> None:
        self.address = address
        self._line = line
        self._salt_secret = salt_secret
        self._identifier: str | None = None
        self._lock = threading.Lock()

    def sign(self, message: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over keccak256(``message``): low s, v 27 or 28.

        Raises :class:`~chainboy.errors.SignerUnavailable`, and :class:`~chainboy.errors.SignatureInvalid`
        for anything but this account's own signature over this very message.
        """
        path = f"/api/v1/eth1/sign/{self._key()}"
        status, body = self._line.ask(path, {"data": f"0x{message.hex()}"})
        if status == _UNKNOWN_KEY:
            with self._lock:
                self._identifier = None
        if status != _OK:
            raise self._unwilling(status)
        text = body.decode("ascii", "replace").strip()
        signature = bytes.fromhex(text[2:]) if _SIGNATURE.fullmatch(text) else b""
        if signer_of(keccak(message), signature, recover) != self.address:
            raise SignatureInvalid(
                f"{self._line.name} gave no signature of {self.address} over what it was asked to sign; "
                "see what listens there before anything else is signed"
            )
        return signature

    def derive(self, label: bytes) -> bytes:
        """HMAC-SHA256 of ``label`` under the salt secret. Rule: protocol, section 6.

        Raises :class:`~chainboy.errors.ConfigError` without one.
        """
        if self._salt_secret is None:
            raise ConfigError(f"{self._line.name} derives no secrets; name key.salt_secret_file")
        return hmac.digest(self._salt_secret, label, hashlib.sha256)

    def _key(self) -> str:
        """The public key that Web3Signer knows the account by."""
        with self._lock:
            if self._identifier is None:
                self._identifier = self._find()
            return self._identifier

    def _find(self) -> str:
        status, body = self._line.ask("/api/v1/eth1/publicKeys")
        if status != _OK:
            raise self._unwilling(status)
        for key in _keys(body):
            if to_address(keccak(bytes.fromhex(key[2:]))[-20:]) == self.address:
                return key
        raise SignerUnavailable(
            f"{self._line.name} holds no key of {self.address}; load it there, or correct key.address"
        )

    def _unwilling(self, status: int) -> SignerUnavailable:
        return SignerUnavailable(f"{self._line.name} answers with status {status}; see its log")

    def __repr__(self) -> str:
        return f"Web3Signer({self.address})"


def _keys(body: bytes) -> list[str]:
    """The public keys of a list, those of other kinds left out."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, list):
        return []
    return [key for key in found if isinstance(key, str) and _KEY.fullmatch(key)]
