"""Where a private key is kept: read once, when a process starts, and shown to nobody."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import Protocol

import attrs

from chainboy.chain.signer import KeySigner, Signer
from chainboy.errors import ConfigError
from chainboy.secret import read_secret
from chainboy.units import Address

_SECRET = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


class Key(Protocol):
    """Where a key is; nothing is opened before :meth:`signer`."""

    def signer(self) -> Signer:
        """The key; raises :class:`~chainboy.errors.ConfigError` when it cannot be read or opened."""
        ...


@attrs.frozen(kw_only=True)
class Keystore:
    """An encrypted keystore file, as wallets write it, and a file with its password."""

    keystore: Path
    password_file: Path

    def signer(self) -> KeySigner:
        """See :meth:`Key.signer`."""
        password = _text(self.password_file, "the password file").rstrip("\r\n")
        return KeySigner.from_keystore(self.keystore, password)


@attrs.frozen
class SecretFile:
    """A file with the key itself in hexadecimal, as secret stores put it into a container."""

    path: Path

    def signer(self) -> KeySigner:
        """See :meth:`Key.signer`."""
        return _signer(_text(self.path, "the key file"), str(self.path))


@attrs.frozen
class SecretVariable:
    """An environment variable with the key itself in hexadecimal; it is removed once it is read."""

    name: str

    def signer(self) -> KeySigner:
        """See :meth:`Key.signer`."""
        text = os.environ.pop(self.name, None)
        if text is None:
            raise ConfigError(f"the environment has no {self.name}; set it to the key in hexadecimal")
        return _signer(text, f"the environment variable {self.name}")


@attrs.frozen(kw_only=True)
class RemoteKey:
    """The key of the account ``address``, which Web3Signer at ``url`` holds.

    ``salt_secret_file``: 64 hexadecimal digits that a node's salts are derived from. ``ca_file``: whose
    certificates are trusted, by default those the system trusts; ``client_certificate`` with ``client_key``:
    ours. ``token_file``: sent as bearer token. ``timeout``: seconds for one answer.
    """

    url: str
    address: Address
    timeout: float
    salt_secret_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def signer(self) -> Signer:
        """See :meth:`Key.signer`; Web3Signer itself is not asked yet."""
        from chainboy.chain.web3signer import Line, Web3Signer  # noqa: PLC0415 - seldom needed

        token = None if self.token_file is None else read_secret(self.token_file)
        line = Line(url=self.url, timeout=self.timeout, token=token, tls=self._tls())
        secret = None
        if self.salt_secret_file is not None:
            text = _text(self.salt_secret_file, "the salt secret")
            secret = _secret(text, str(self.salt_secret_file), "salt secret")
        return Web3Signer(line, self.address, secret)

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.client_certificate is not None:
                # A password would be asked for on the terminal, where nobody sits.
                context.load_cert_chain(self.client_certificate, self.client_key, password="")
        except (OSError, ValueError) as error:
            files = ", ".join(
                str(path) for path in (self.ca_file, self.client_certificate, self.client_key) if path
            )
            reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else "wrong form"
            raise ConfigError(f"the certificates in {files} cannot be used ({reason}); see them") from error
        return context


def opened(key: Key) -> Signer:
    """The key of a service's table ``[key]``, whose name any error begins with; see :meth:`Key.signer`."""
    try:
        return key.signer()
    except ConfigError as error:
        raise ConfigError(f"[key]: {error}") from error


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        # Not its content, which is a secret.
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(f"{what} {path} cannot be read: {reason}") from None


def _secret(text: str, where: str, what: str) -> bytes:
    found = _SECRET.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{where} has no {what}; give 64 hexadecimal digits and nothing else")
    return bytes.fromhex(found[1])


def _signer(text: str, where: str) -> KeySigner:
    return KeySigner(_secret(text, where, "private key"))
