"""Keys and what they sign; nothing else of the package sees a private key."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chainboy.consensus.encoding import keccak
from chainboy.errors import ConfigError
from chainboy.units import Address, Digest

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_SECRET = b"ChainBoy.NodeSecret.v1"


class Signer(Protocol):
    """An account that signs. Instances may be used from many threads."""

    @property
    def address(self) -> Address:
        """The account's address."""
        ...

    def sign(self, message: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over keccak256(``message``): low s, v 27 or 28.

        The message is what is hashed, prefix and all: an EIP-712 message, or an unsigned transaction. A
        signer outside this process may raise :class:`~chainboy.errors.SignerUnavailable` and
        :class:`~chainboy.errors.SignatureInvalid`.
        """
        ...

    def derive(self, label: bytes) -> bytes:
        """32 secret bytes that a secret of this signer and ``label`` alone decide, and that tell neither.

        The same for as long as the signer's account is used: a node that restarts must find its salts again.
        """
        ...


def recover(digest: Digest, signature: bytes) -> Address | None:
    """Whose signature, 65 bytes r ‖ s ‖ v with v 27 or 28, over ``digest`` this is; ``None``: nobody's."""
    from eth_keys.datatypes import Signature  # noqa: PLC0415 - takes a while to load
    from eth_keys.exceptions import BadSignature  # noqa: PLC0415
    from eth_utils.exceptions import ValidationError  # noqa: PLC0415

    try:
        found = Signature(signature[:-1] + bytes([signature[-1] - 27]))
        return Address(found.recover_public_key_from_msg_hash(digest).to_checksum_address())
    except (BadSignature, ValidationError, ValueError):
        return None


class KeySigner:
    """A private key in this process's memory."""

    def __init__(self, private_key: bytes) -> None:
        from eth_account import Account  # noqa: PLC0415 - takes a while to load

        try:
            account: LocalAccount = Account.from_key(private_key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not show the key
            raise ConfigError(f"this is no private key ({type(error).__name__}); give 32 bytes") from None
        self._account = account
        self._secret = hmac.digest(bytes(account.key), _SECRET, hashlib.sha256)
        self.address = Address(account.address)

    @classmethod
    def random(cls) -> KeySigner:
        """A new key from the operating system's randomness."""
        return cls(secrets.token_bytes(32))

    @classmethod
    def from_keystore(cls, path: Path, password: str) -> KeySigner:
        """The key in an encrypted keystore file (version 3).

        Raises :class:`~chainboy.errors.ConfigError` when the file is missing or damaged or the password
        wrong.
        """
        from eth_account import Account  # noqa: PLC0415 - takes a while to load

        try:
            return cls(bytes(Account.decrypt(json.loads(path.read_text()), password)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} gives no key: {error}; check the file and the password") from error

    def save(self, path: Path, password: str) -> None:
        """Write the key to a new encrypted keystore file that only this user may read.

        Raises :class:`~chainboy.errors.ConfigError` when the file exists or cannot be written.
        """
        text = json.dumps(self._account.encrypt(password), indent=1)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written ({error.strerror}); choose another path") from error

    def sign(self, message: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over keccak256(``message``): low s, v 27 or 28."""
        from eth_typing import Hash32  # noqa: PLC0415 - eth_account has loaded it

        return bytes(self._account.unsafe_sign_hash(Hash32(keccak(message))).signature)

    def derive(self, label: bytes) -> bytes:
        """HMAC-SHA256 of ``label`` under a secret that is itself an HMAC-SHA256 under the key.

        Rule: protocol, section 6. Never a signature, which others could ask for.
        """
        return hmac.digest(self._secret, label, hashlib.sha256)

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"
