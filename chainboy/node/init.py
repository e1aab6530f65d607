"""Begins a node's folder: its secrets, each readable by this user alone, and a configuration."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chainboy.chain.signer import KeySigner
from chainboy.errors import ConfigError
from chainboy.units import Address

KEYSTORE, PASSWORD, SALT_SECRET, CONFIG = "key.json", "password", "salt-secret", "node.toml"
"""The files' names."""

_TEMPLATE = """\
# Every key, its default and unit: docs/reference-config.md. Paths are relative to this file.

[network]
file = "{network}"

[key]
{key}

[node]
content = "content"
journal = "journal.sqlite"

[policy]
min_price = 0                     # wei
delivery = "if-paid"
enter = false                     # true: take a free seat in the active set whenever there is none
"""


def init(folder: Path, network: Path) -> Address:
    """Write a node's files into ``folder``, which is made; returns the new node's address.

    Key and password are readable by this user alone. ``network`` is the network's file, as the configuration
    will name it. Raises :class:`~chainboy.errors.ConfigError`, before anything is written, if one of the
    files is there, and when one cannot be written.
    """
    signer, password = KeySigner.random(), secrets.token_urlsafe(32)
    key = {"keystore": KEYSTORE, "password_file": PASSWORD}
    with _begun(folder, network, key, KEYSTORE, PASSWORD):
        _write(folder / PASSWORD, password + "\n", 0o600)
        signer.save(folder / KEYSTORE, password)
    return signer.address


def init_remote(folder: Path, network: Path, *, web3signer: str, address: Address) -> None:
    """Like :func:`init` for a key that Web3Signer holds: only the secret of the salts is made.

    ``web3signer`` is its URL, ``address`` the account.
    """
    key = {"web3signer": web3signer, "address": address, "salt_secret_file": SALT_SECRET}
    with _begun(folder, network, key, SALT_SECRET):
        _write(folder / SALT_SECRET, secrets.token_hex(32) + "\n", 0o600)


@contextmanager
def _begun(folder: Path, network: Path, key: Mapping[str, str], *files: str) -> Iterator[None]:
    """Makes the folder before, and the configuration after the secret ``files`` were written."""
    for name in (*files, CONFIG):
        if (folder / name).exists():
            raise ConfigError(f"{folder / name} is there already; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        where = network if network.is_absolute() else Path(os.path.relpath(network, folder))
        table = "\n".join(f'{name} = "{value}"' for name, value in key.items())
        _write(folder / CONFIG, _TEMPLATE.format(network=where.as_posix(), key=table), 0o644)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written ({error.strerror}); choose another folder") from error


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
