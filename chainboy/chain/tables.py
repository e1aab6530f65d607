"""What a configuration file says of a chain and of a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chainboy.chain.keys import Key, Keystore, RemoteKey, SecretFile, SecretVariable
from chainboy.chain.price import BUMP_BPS, LEAST_BUMP_BPS, MULTIPLE, Capped, Fixed, Price, Probe, Spending
from chainboy.chain.profile import ChainProfile, FeeRule
from chainboy.chain.web3signer import TIMEOUT
from chainboy.errors import ConfigError
from chainboy.tables import Table, amount, any_address, base_url, flag, positive, seconds, web_address, wei

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


def endpoints(value: Any) -> tuple[str, ...]:
    """A list of a chain's endpoints, one or more, each an ``http(s)`` address or an IPC socket's path."""
    if not isinstance(value, list) or not value:
        raise ConfigError("give a list of one address or more")
    return tuple(map(endpoint, value))


def endpoint(value: Any) -> str:
    """A chain's endpoint; not shown when it is wrong, for many hold a key."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ConfigError("give an http(s) address, or the path of an IPC socket, as text")
    return web_address(value) if "://" in value else value


def spending(table: Table) -> Spending:
    """What a chain's table says may be paid for transactions there."""
    price = table.take("gas_price", wei, None)
    return Spending(
        fees=Capped(
            base=Probe() if price is None else Fixed(Price(maximum=price)),
            bump_bps=table.take("fee_bump_bps", _bump, BUMP_BPS),
            multiple=table.take("fee_multiple", positive, MULTIPLE),
            cap=table.take("fee_cap", wei, None),
        ),
        stuck_seconds=table.take("stuck_seconds", seconds, Spending().stuck_seconds),
    )


def _bump(value: Any) -> int:
    bps = amount(value)
    if bps < LEAST_BUMP_BPS:
        raise ValueError(f"give {LEAST_BUMP_BPS} or more, or pools refuse what is to replace a transaction")
    return bps


_KEYS = ("keystore", "secret_file", "secret_env", "web3signer")


def key_of(table: Table, folder: Path, *, salts: bool = False) -> Key:
    """The key that the whole of a table names; paths are relative to ``folder``.

    ``salts``: it is a node's, whose salts need a secret even where the key is out of reach.
    """
    named = [name for name in _KEYS if name in table]
    if len(named) != 1:
        where, known = table.name.removesuffix("."), f"{', '.join(_KEYS[:-1])} or {_KEYS[-1]}"
        raise ConfigError(f"{where} names {len(named)} keys; give one: {known}")
    key: Key
    if "web3signer" in table:
        key = _remote_key(table, folder, salts=salts)
    elif "secret_env" in table:
        key = SecretVariable(table.take("secret_env", str))
    elif "secret_file" in table:
        key = SecretFile(folder / table.take("secret_file", str))
    else:
        keystore, password_file = (table.take(name, str) for name in ("keystore", "password_file"))
        key = Keystore(keystore=folder / keystore, password_file=folder / password_file)
    table.finish()
    return key


def _remote_key(table: Table, folder: Path, *, salts: bool) -> RemoteKey:
    def file(name: str) -> Path | None:
        return folder / table.take(name, str) if name in table else None

    certificate, certificate_key = (file(name) for name in ("client_certificate", "client_key"))
    if certificate_key is not None and certificate is None:
        raise ConfigError(f"{table.name}client_certificate is missing beside client_key; add it")
    return RemoteKey(
        url=table.take("web3signer", base_url),
        address=table.take("address", any_address),
        timeout=table.take("timeout", seconds, TIMEOUT),
        salt_secret_file=folder / table.take("salt_secret_file", str) if salts else None,
        token_file=file("token_file"),
        ca_file=file("ca_file"),
        client_certificate=certificate,
        client_key=certificate_key,
    )


def _named_profile(value: Any) -> ChainProfile:
    if value not in PROFILES:
        known = ", ".join(PROFILES)
        raise ValueError(f"use one of {known}, or give chain_id, confirmations and block_seconds")
    return PROFILES[value]()
