"""Where keys are kept: what is accepted, and that no mistake shows a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from eth_account import Account

from chainboy.chain.keys import SecretFile, SecretVariable
from chainboy.chain.tables import key_of
from chainboy.errors import ConfigError
from chainboy.tables import Table

SECRET = "5e" * 32
ADDRESS = Account.from_key(SECRET).address


@pytest.mark.parametrize("text", [SECRET, f"0x{SECRET}", f"{SECRET.upper()}\n", f"  0x{SECRET}\r\n"])
def test_a_key_in_hexadecimal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """With and without 0x, in any case, with a line's end; out of a file or of the environment."""
    (tmp_path / "key").write_text(text)
    assert SecretFile(tmp_path / "key").signer().address == ADDRESS
    monkeypatch.setenv("NODE_KEY", text)
    assert SecretVariable("NODE_KEY").signer().address == ADDRESS


def test_the_environment_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no process that is started later inherits it."""
    monkeypatch.setenv("NODE_KEY", SECRET)
    SecretVariable("NODE_KEY").signer()
    assert "NODE_KEY" not in os.environ
    with pytest.raises(ConfigError, match="the environment has no NODE_KEY; set it"):
        SecretVariable("NODE_KEY").signer()


@pytest.mark.parametrize("text", ["", SECRET[:-1], SECRET + "0", f"0x{SECRET[:-1]}g", "00" * 32, "ff" * 32])
def test_what_is_no_key(tmp_path: Path, text: str) -> None:
    """Too short, too long, no hexadecimal, or outside the curve's order: told without showing it."""
    (tmp_path / "key").write_text(text)
    with pytest.raises(ConfigError, match="private key") as caught:
        SecretFile(tmp_path / "key").signer()
    assert not text or text not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A binary key is told as that, without a byte of it."""
    (tmp_path / "key").write_bytes(bytes(range(200, 232)))
    with pytest.raises(ConfigError, match="cannot be read: it is not text") as caught:
        SecretFile(tmp_path / "key").signer()
    assert caught.value.__cause__ is None
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        SecretFile(tmp_path / "none").signer()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "node.toml: key names 0 keys"),
        ({"secret_file": "a", "secret_env": "B"}, "node.toml: key names 2 keys"),
        ({"keystore": "a"}, "node.toml: key.password_file is missing"),
        ({"secret_env": "B", "password_file": "p"}, "node.toml: key.password_file is not known"),
    ],
)
def test_one_key_of_a_table(keys: dict[str, str], message: str) -> None:
    """A table names one key, with what belongs to it."""
    with pytest.raises(ConfigError, match=message):
        key_of(Table(keys, "node.toml: key."), Path())


def test_keys_of_a_table(tmp_path: Path) -> None:
    """Paths are relative to the file's folder."""
    assert key_of(Table({"secret_file": "a"}, "key."), tmp_path) == SecretFile(tmp_path / "a")
    assert key_of(Table({"secret_env": "B"}, "key."), tmp_path) == SecretVariable("B")
