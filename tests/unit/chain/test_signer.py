"""Keys: known addresses, signatures anyone can check, and secrets that stay secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from eth_keyfile.keyfile import create_keyfile_json
from eth_keys.backends.native.main import NativeECCBackend
from eth_keys.main import KeyAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from chainboy.chain import KeySigner
from chainboy.chain.signer import recover
from chainboy.errors import ConfigError
from chainboy.units import Digest

ONE = KeySigner(bytes(31) + b"\x01")
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def recovered(digest: bytes, signature: bytes) -> str:
    """The address that made a 65-byte signature, by the pure Python arithmetic of eth_keys."""
    keys = KeyAPI(NativeECCBackend())
    found = keys.Signature(signature[:64] + bytes([signature[64] - 27]))
    return found.recover_public_key_from_msg_hash(digest).to_checksum_address()


def test_the_address_of_key_one() -> None:
    """The best known key of all."""
    assert ONE.address == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


@settings(max_examples=20)
@given(st.binary(max_size=100))
def test_signatures_are_low_and_recover(message: bytes) -> None:
    """Bytes r ‖ s ‖ v with low s and v 27 or 28; pure Python arithmetic recovers the signer."""
    signature = ONE.sign(message)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert int.from_bytes(signature[32:64]) <= HALF_ORDER
    assert recovered(keccak(message), signature) == ONE.address


def test_derived_secrets_are_a_double_hmac() -> None:
    """HMAC-SHA256 under an HMAC-SHA256 under the key, with the label written in the docs."""
    secret = hmac.new(bytes(31) + b"\x01", b"ChainBoy.NodeSecret.v1", hashlib.sha256).digest()
    assert ONE.derive(b"salt") == hmac.new(secret, b"salt", hashlib.sha256).digest()
    assert ONE.derive(b"salt") != ONE.derive(b"other")
    assert ONE.derive(b"salt") != KeySigner(bytes(31) + b"\x02").derive(b"salt")


def test_never_shows_the_key() -> None:
    """Not in repr, not in the error for a bad one."""
    key = keccak(b"a key")
    assert key.hex() not in repr(KeySigner(key)) + str(vars(KeySigner(key)))
    with pytest.raises(ConfigError) as caught:
        KeySigner(key[:31])
    assert key[:31].hex() not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_random_keys_differ() -> None:
    """Two keys of the system's randomness are not the same."""
    assert KeySigner.random().address != KeySigner.random().address


def test_reads_a_keystore(tmp_path: Path) -> None:
    """A file written by eth_keyfile opens with its password alone."""
    path = tmp_path / "key.json"
    made = create_keyfile_json(bytes(31) + b"\x01", b"right", kdf="pbkdf2", iterations=2)
    path.write_text(json.dumps(made))
    assert KeySigner.from_keystore(path, "right").address == ONE.address
    with pytest.raises(ConfigError, match="check the file and the password"):
        KeySigner.from_keystore(path, "wrong")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 3}'])
def test_a_damaged_keystore_is_a_configuration_error(tmp_path: Path, text: str) -> None:
    """Whatever stands in the file, the error names it."""
    path = tmp_path / "key.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"key\.json gives no key"):
        KeySigner.from_keystore(path, "x")


def test_a_missing_keystore_is_a_configuration_error(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(ConfigError, match=r"none\.json gives no key"):
        KeySigner.from_keystore(tmp_path / "none.json", "x")


def test_saves_a_keystore_for_its_user_alone(tmp_path: Path) -> None:
    """Encrypted, mode 0600, never over an existing file, and it opens again."""
    path = tmp_path / "key.json"
    ONE.save(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeySigner.from_keystore(path, "secret").address == ONE.address
    with pytest.raises(ConfigError, match="choose another path"):
        ONE.save(path, "secret")


@settings(max_examples=20)
@given(st.binary(max_size=100), st.integers(1, 2**200))
def test_recovering(message: bytes, key: int) -> None:
    """Whose signature it is, as the other arithmetic has it; over another digest it is somebody else's."""
    signer = KeySigner(key.to_bytes(32))
    digest, signature = keccak(message), signer.sign(message)
    assert recover(Digest(digest), signature) == recovered(digest, signature) == signer.address
    assert recover(Digest(keccak(digest)), signature) != signer.address


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64) + b"\x1b",
        b"\xff" * 64 + b"\x1c",
        bytes(31) + b"\x05" + bytes(31) + b"\x01" + b"\x1b",  # no point of the curve has this r
        bytes(32) + b"\x01" * 32 + b"\x1b",
    ],
)
def test_signatures_of_nobody(signature: bytes) -> None:
    """Whatever the numbers are, there is an answer."""
    assert recover(Digest(keccak(b"")), signature) is None


@given(st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
def test_any_bytes_recover_to_somebody_or_nobody(numbers: bytes, v: int) -> None:
    """No exception leaves it."""
    found = recover(Digest(keccak(b"")), numbers + bytes([v]))
    assert found is None or found == recovered(keccak(b""), numbers + bytes([v]))
