"""A network: the home chain and the remote chains it is on, with a checked way to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import attrs

from chainboy.chain.connect import connect
from chainboy.chain.price import Spending
from chainboy.chain.profile import ChainProfile
from chainboy.chain.urls import shown
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ChainError, ConfigError, WrongChain
from chainboy.networks.figures import Figures

if TYPE_CHECKING:
    from chainboy.chain.client import Chain

D = TypeVar("D", Deployment, RemoteDeployment)

Connect = Callable[[Sequence[str], ChainProfile, Spending], "Chain"]
"""Makes the chain behind endpoints, as :func:`chainboy.chain.connect` does."""


def _connect(urls: Sequence[str], profile: ChainProfile, spending: Spending) -> Chain:
    return connect(urls, profile, spending=spending)


@attrs.frozen(kw_only=True)
class NetworkChain(Generic[D]):
    """One chain of a network: its figures, where to reach it, and its contracts once they are deployed.

    ``spending`` is what may be paid for transactions there. ``gateway`` has figures of a remote chain's
    gateway, by name, that are not to follow from the home's. Raises
    :class:`~chainboy.errors.ConfigError` for contracts that are on another chain.
    """

    profile: ChainProfile
    urls: tuple[str, ...] = ()
    contracts: D | None = None
    gateway: tuple[tuple[str, int], ...] = ()
    spending: Spending = attrs.field(factory=Spending)

    def __attrs_post_init__(self) -> None:
        if self.contracts is not None and self.contracts.chain_id != self.profile.chain_id:
            other = self.contracts.chain_id
            raise ConfigError(f"the contracts of {self.title} are on chain {other}; correct the chain's id")

    @property
    def title(self) -> str:
        """The chain's name and id, as messages have them."""
        return f"{self.profile.name} ({self.profile.chain_id})"

    def connect(self, connect: Connect = _connect) -> Chain:
        """The chain behind the endpoints that serve it; the contracts are not looked at.

        Raises :class:`~chainboy.errors.WrongChain` when every endpoint serves another chain, and
        :class:`~chainboy.errors.ChainError` when none can be used; both name what is wrong with each.
        """
        if not self.urls:
            raise ConfigError(f"{self.title} has no urls; give the address of an RPC endpoint")
        chain = connect(self.urls, self.profile, self.spending)
        try:
            chain.check()
        except (ChainError, WrongChain) as error:
            if len(self.urls) > 1:  # the error has all of them by name
                raise
            kind = WrongChain if isinstance(error, WrongChain) else ChainError
            told = f"no endpoint of {self.title} can be used: {shown(self.urls[0])}: {error}"
            raise kind(told) from error
        return chain


@attrs.frozen(kw_only=True)
class Network:
    """A home chain, any number of remote chains, and the figures to deploy with; see :meth:`load`.

    Raises :class:`~chainboy.errors.ConfigError` for two chains of one id or name, and for remote contracts
    that believe another home.
    """

    home: NetworkChain[Deployment]
    remotes: tuple[NetworkChain[RemoteDeployment], ...] = ()
    figures: Figures = attrs.field(factory=Figures)

    def __attrs_post_init__(self) -> None:
        profiles = (self.home.profile, *(remote.profile for remote in self.remotes))
        _require_unique("id", [profile.chain_id for profile in profiles])
        _require_unique("name", [profile.name for profile in profiles])
        for remote in self.remotes:
            if remote.contracts is not None:
                self._require_own(remote.title, remote.contracts)

    def _require_own(self, title: str, contracts: RemoteDeployment) -> None:
        home_id, other = self.home.profile.chain_id, contracts.home_chain_id
        if other != home_id:
            raise ConfigError(
                f"the contracts of {title} believe chain {other}, not {home_id}; deploy them anew"
            )
        hub = contracts.hub if self.home.contracts is None else self.home.contracts.hub
        if contracts.hub != hub:
            raise ConfigError(
                f"the contracts of {title} believe the hub {contracts.hub}, not {hub}; deploy them anew"
            )

    def remote(self, chain: int | str) -> NetworkChain[RemoteDeployment]:
        """The remote chain of this id or name; :class:`~chainboy.errors.ConfigError` when there is none."""
        for remote in self.remotes:
            if chain in (remote.profile.chain_id, remote.profile.name):
                return remote
        known = ", ".join(remote.title for remote in self.remotes) or "none"
        raise ConfigError(f"this network has no remote chain {chain}; its remote chains are: {known}")

    def connect_home(self) -> Chain:
        """The home chain, once endpoint and contracts are what they should be.

        Raises what :meth:`NetworkChain.connect` and :meth:`Deployment.check` raise, and
        :class:`~chainboy.errors.ConfigError` while no contracts are known.
        """
        return _checked(self.home, self.deployment)

    def connect(self, chain_id: int) -> Chain:
        """The chain of this id, home or remote, checked like :meth:`connect_home`."""
        if chain_id == self.home.profile.chain_id:
            return self.connect_home()
        remote = self.remote(chain_id)
        return _checked(remote, contracts_of(remote))

    @property
    def deployment(self) -> Deployment:
        """The contracts on the home chain; :class:`~chainboy.errors.ConfigError` while there are none."""
        return contracts_of(self.home)

    @classmethod
    def siberium(cls) -> Self:
        """The main network's home chain; its contracts are not deployed yet."""
        return cls(home=_built_in(ChainProfile.siberium()))

    @classmethod
    def siberium_testnet(cls) -> Self:
        """The test network's home chain; its contracts are not deployed yet."""
        return cls(home=_built_in(ChainProfile.siberium_testnet()))

    @classmethod
    def load(cls, path: Path) -> Network:
        """The network in the file ``path``.

        Raises :class:`~chainboy.errors.ConfigError` that names the key for anything missing, unknown or
        malformed.
        """
        from chainboy.networks.file import load  # noqa: PLC0415 - it makes networks

        return load(path)


PUBLIC_URLS = {
    "siberium": ("https://rpc.main.siberium.net",),
    "siberium-testnet": ("https://rpc.test.siberium.net",),
}
"""Public endpoints of the chains that a file can name, from the public list of chains."""


def contracts_of(chain: NetworkChain[D]) -> D:
    """The contracts on ``chain``; :class:`~chainboy.errors.ConfigError` while none are known."""
    if chain.contracts is None:
        raise ConfigError(
            f"no contracts are known on {chain.title}; deploy them with `chainboy deploy`, or give a network "
            "file that has their addresses"
        )
    return chain.contracts


def _checked(chain: NetworkChain[D], contracts: D) -> Chain:
    found = chain.connect()
    contracts.check(found)
    return found


def _built_in(profile: ChainProfile) -> NetworkChain[Deployment]:
    return NetworkChain(profile=profile, urls=PUBLIC_URLS[profile.name])


def _require_unique(what: str, values: list[int] | list[str]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ConfigError(f"two chains of this network have the {what} {value}; give each its own")
