"""What a configuration file says of a chain and of a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chainboy.chain.keyfile import KeyFile
from chainboy.chain.profile import ChainProfile, FeeRule
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


def key_file(table: Table, folder: Path) -> KeyFile:
    """The key that the whole of a table names; paths are relative to ``folder``."""
    found = KeyFile(
        keystore=folder / table.take("keystore", str),
        password_file=folder / table.take("password_file", str),
    )
    table.finish()
    return found


def _named_profile(value: Any) -> ChainProfile:
    if value not in PROFILES:
        known = ", ".join(PROFILES)
        raise ValueError(f"use one of {known}, or give chain_id, confirmations and block_seconds")
    return PROFILES[value]()
