"""Where a private key is kept: read once, when a process starts, and shown to nobody."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Protocol

import attrs

from chainboy.chain.signer import KeySigner, Signer
from chainboy.errors import ConfigError

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


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        # Not its content, which is a secret.
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(f"{what} {path} cannot be read: {reason}") from None


def _signer(text: str, where: str) -> KeySigner:
    found = _SECRET.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{where} has no private key; give 64 hexadecimal digits and nothing else")
    return KeySigner(bytes.fromhex(found[1]))
