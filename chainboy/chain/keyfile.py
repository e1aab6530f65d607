"""A key on disk: an encrypted keystore, and a file with its password."""

from __future__ import annotations

from pathlib import Path

import attrs

from chainboy.chain.signer import KeySigner
from chainboy.errors import ConfigError


@attrs.frozen(kw_only=True)
class KeyFile:
    """Where a key is; nothing is opened before :meth:`signer`."""

    keystore: Path
    password_file: Path

    def signer(self) -> KeySigner:
        """The key; raises :class:`~chainboy.errors.ConfigError` when it cannot be read or opened."""
        try:
            password = self.password_file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the password file {self.password_file} cannot be read: {error}") from error
        return KeySigner.from_keystore(self.keystore, password)
