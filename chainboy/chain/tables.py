"""What a configuration file says of a chain and of a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chainboy.chain.keys import Key, Keystore, SecretFile, SecretVariable
from chainboy.chain.profile import ChainProfile, FeeRule
from chainboy.errors import ConfigError
from chainboy.tables import Table, amount, flag, positive

PROFILES: Mapping[str, Callable[[], ChainProfile]] = MappingProxyType(
    {"siberium": ChainProfile.siberium, "siberium-testnet": ChainProfile.siberium_testnet}
)
"""Chains that a file can name; any other gives its own figures."""


def chain_profile(table: Table, *name: str) -> ChainProfile:
    """The chain that a table names or gives the figures of; ``name`` is its default name, if it has one."""
    if "profile" in table:
        return table.take("profile", _named_profile)
    figures: dict[str, Any] = {
        "name": table.take("name", str, *name),
        "chain_id": table.take("chain_id", positive),
        "confirmations": table.take("confirmations", amount),
        "block_seconds": table.take("block_seconds", positive),
        "poa": table.take("poa", flag, False),
        "fees": table.take("fees", FeeRule, FeeRule.AUTO),
    }
    return ChainProfile(**figures)


def key_of(table: Table, folder: Path) -> Key:
    """The key that the whole of a table names; paths are relative to ``folder``."""
    named = [name for name in ("keystore", "secret_file", "secret_env") if name in table]
    if len(named) != 1:
        where = table.name.removesuffix(".")
        raise ConfigError(f"{where} names {len(named)} keys; give one: keystore, secret_file or secret_env")
    key: Key
    if "secret_env" in table:
        key = SecretVariable(table.take("secret_env", str))
    elif "secret_file" in table:
        key = SecretFile(folder / table.take("secret_file", str))
    else:
        keystore, password_file = (table.take(name, str) for name in ("keystore", "password_file"))
        key = Keystore(keystore=folder / keystore, password_file=folder / password_file)
    table.finish()
    return key


def _named_profile(value: Any) -> ChainProfile:
    if value not in PROFILES:
        known = ", ".join(PROFILES)
        raise ValueError(f"use one of {known}, or give chain_id, confirmations and block_seconds")
    return PROFILES[value]()
