"""Begins a node's folder: a new key, encrypted, the file with its password, and a configuration."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from chainboy.chain.signer import KeySigner
from chainboy.errors import ConfigError
from chainboy.units import Address

KEYSTORE, PASSWORD, CONFIG = "key.json", "password", "node.toml"
"""The files' names."""

_TEMPLATE = """\
# Every key, its default and unit: docs/reference-config.md. Paths are relative to this file.

[network]
file = "{network}"

[key]
keystore = "{keystore}"
password_file = "{password}"

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
    for name in (KEYSTORE, PASSWORD, CONFIG):
        if (folder / name).exists():
            raise ConfigError(f"{folder / name} is there already; choose another folder")
    signer, password = KeySigner.random(), secrets.token_urlsafe(32)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / PASSWORD, password + "\n", 0o600)
        signer.save(folder / KEYSTORE, password)
        where = network if network.is_absolute() else Path(os.path.relpath(network, folder))
        text = _TEMPLATE.format(network=where.as_posix(), keystore=KEYSTORE, password=PASSWORD)
        _write(folder / CONFIG, text, 0o644)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written ({error.strerror}); choose another folder") from error
    return signer.address


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
