"""A network's file: TOML that people write and deploying adds addresses to; comments and order stay.

Rule for both: strict. An unknown key, a missing one, or a value of the wrong shape is refused with the key's
full name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from chainboy.chain.price import Spending
from chainboy.chain.profile import ChainProfile
from chainboy.chain.tables import chain_profile, endpoints, spending
from chainboy.consensus.fields import ZERO_ADDRESS, address_bytes
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ConfigError, EncodingError
from chainboy.networks.atomic import write_atomically
from chainboy.networks.figures import Figures
from chainboy.networks.network import Network, NetworkChain
from chainboy.tables import Table, amount
from chainboy.units import Address

C = TypeVar("C")

HOME_CONTRACTS = ("token", "registry", "hub", "verifier", "gateway")
REMOTE_CONTRACTS = ("hub", "verifier", "gateway")
"""The keys of ``[home.contracts]`` and ``[remote.contracts]``."""

GATEWAY_FIGURES = ("settle_time", "min_price", "max_callback_gas")
"""The keys of ``[remote.gateway]``: all others must be the home gateway's."""


def load(path: Path) -> Network:
    """The network in the file ``path``; :class:`~chainboy.errors.ConfigError` names what is wrong with it."""
    return read(Table.load(path))


def add_contracts(path: Path, contracts: Deployment | RemoteDeployment) -> None:
    """Write the addresses into the file, beside the chain they are on; the file is old or new, never half.

    Raises :class:`~chainboy.errors.ConfigError` when the file does not describe that chain, or has its
    contracts already.
    """
    write_atomically(path, _added(path, contracts))


def rehearse(path: Path, chain_id: int) -> None:
    """Raise as :func:`add_contracts` would when the contracts of this chain come to be written."""
    network, nowhere = load(path), dict.fromkeys(HOME_CONTRACTS, ZERO_ADDRESS)
    home = network.home
    if chain_id == home.profile.chain_id:
        _added(path, Deployment(chain_id=chain_id, **nowhere))
        return
    hub = ZERO_ADDRESS if home.contracts is None else home.contracts.hub
    places = dict.fromkeys(REMOTE_CONTRACTS, ZERO_ADDRESS) | {"hub": hub}
    _added(path, RemoteDeployment(chain_id=chain_id, home_chain_id=home.profile.chain_id, **places))


def _added(path: Path, contracts: Deployment | RemoteDeployment) -> str:
    network = load(path)
    expected = _network_with(network, contracts)
    try:
        text = _with_contracts(_text(path), network, contracts)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _unwritable(path) from error
    if read(Table.parse(text, path)) != expected:
        raise _unwritable(path)
    return text


def _unwritable(path: Path) -> ConfigError:
    return ConfigError(f"{path} is written in a way that addresses cannot be added to; use [tables]")


def read(file: Table) -> Network:
    """The network in a file's tables."""
    table = file.table("home")
    profile, urls, paying = _chain(table)
    home: NetworkChain[Deployment] = NetworkChain(
        profile=profile, urls=urls, contracts=_home_contracts(table, profile), spending=paying
    )
    table.finish()
    seen: dict[str, set[Any]] = {"chain_id": {profile.chain_id}, "name": {profile.name}}
    remotes = tuple(_remote(remote, home, seen) for remote in file.tables("remote"))
    figures = Figures.read(file.table("profile", optional=True))
    file.finish()
    return Network(home=home, remotes=remotes, figures=figures)


def _remote(
    table: Table, home: NetworkChain[Deployment], seen: Mapping[str, set[Any]]
) -> NetworkChain[RemoteDeployment]:
    profile, urls, paying = _chain(table)
    for key, values in seen.items():
        value = getattr(profile, key)
        if value in values:
            raise ConfigError(f"{table.name}{key} cannot be {value!r}: another chain of this file has it")
        values.add(value)
    contracts = None
    if "contracts" in table:
        contracts = _remote_contracts(table.table("contracts"), profile, home)
    figures = table.table("gateway", optional=True)
    gateway = tuple((name, figures.take(name, amount)) for name in GATEWAY_FIGURES if name in figures)
    figures.finish()
    table.finish()
    return NetworkChain(
        profile=profile, urls=urls, contracts=contracts, gateway=gateway, spending=paying
    )


def _chain(table: Table) -> tuple[ChainProfile, tuple[str, ...], Spending]:
    profile = chain_profile(table)
    return profile, table.take("urls", endpoints, *_public(profile)), spending(table)


def _public(profile: ChainProfile) -> tuple[tuple[str, ...], ...]:
    """The default of a chain's endpoints, if it has one."""
    known = Network.siberium().home, Network.siberium_testnet().home
    return tuple(chain.urls for chain in known if chain.profile == profile)


def _home_contracts(table: Table, profile: ChainProfile) -> Deployment | None:
    if "contracts" not in table:
        return None
    inner = table.table("contracts")
    places = {name: inner.take(name, _address) for name in HOME_CONTRACTS}
    inner.finish()
    return Deployment(chain_id=profile.chain_id, **places)


def _remote_contracts(
    table: Table, profile: ChainProfile, home: NetworkChain[Deployment]
) -> RemoteDeployment:
    places = {name: table.take(name, _address) for name in REMOTE_CONTRACTS}
    table.finish()
    if home.contracts is not None and places["hub"] != home.contracts.hub:
        raise ConfigError(
            f"{table.name}hub cannot be {places['hub']}: home.contracts.hub is {home.contracts.hub}; "
            "deploy this chain's contracts anew"
        )
    return RemoteDeployment(chain_id=profile.chain_id, home_chain_id=home.profile.chain_id, **places)


def _address(value: Any) -> Address:
    if not isinstance(value, str):
        raise EncodingError(f"{value!r} is no address; give 0x and 40 hex digits")
    address_bytes(Address(value))
    return Address(value)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); give a TOML file") from error


def _with_contracts(text: str, network: Network, contracts: Deployment | RemoteDeployment) -> str:
    import tomlkit  # noqa: PLC0415 - only deploying writes

    document = tomlkit.parse(text)
    names = HOME_CONTRACTS if isinstance(contracts, Deployment) else REMOTE_CONTRACTS
    table = tomlkit.table()
    for name in names:
        table.add(name, getattr(contracts, name))
    chain: Any = document["home"]
    if isinstance(contracts, RemoteDeployment):
        remote = network.remote(contracts.chain_id)
        chain = document["remote"][network.remotes.index(remote)]
    ahead = _cut_comments_ahead(chain)
    table.value.body.extend(ahead)
    chain.append("contracts", table)
    return tomlkit.dumps(document)


def _cut_comments_ahead(table: Any) -> list[Any]:
    """Take off the end of a table what stands after its last blank line: it belongs to what follows it."""
    body = getattr(table.value, "body", [])
    last = max((place for place, (key, _) in enumerate(body) if key is not None), default=-1) + 1
    blank = next(
        (place for place in range(last, len(body)) if not body[place][1].as_string().strip()), len(body)
    )
    ahead = body[blank:]
    del body[blank:]
    return list(ahead)


def _network_with(network: Network, contracts: Deployment | RemoteDeployment) -> Network:
    if isinstance(contracts, Deployment):
        if network.home.contracts is not None:
            raise ConfigError(f"{network.home.title} has contracts already; remove home.contracts first")
        return attrs.evolve(network, home=attrs.evolve(network.home, contracts=contracts))
    old = network.remote(contracts.chain_id)
    if old.contracts is not None:
        raise ConfigError(f"{old.title} has contracts already; remove its table of contracts first")
    new = attrs.evolve(old, contracts=contracts)
    return attrs.evolve(
        network, remotes=tuple(new if remote is old else remote for remote in network.remotes)
    )
