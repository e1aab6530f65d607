"""One network's contracts: made, found again, and checked before they are trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from chainboy.consensus.fields import address
from chainboy.consensus.signing import Domain
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.handshake import Wire, check_place, check_wires
from chainboy.contracts.hub import Hub
from chainboy.contracts.making import Maker, MemoryCreations, creation
from chainboy.contracts.making import created_at as _created_at
from chainboy.contracts.profile import Profile
from chainboy.contracts.registry import Registry
from chainboy.contracts.token import Token
from chainboy.contracts.verifier import Verifier
from chainboy.errors import ConfigError
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.sender import Sender

__all__ = ["TOKEN_SUPPLY", "Deployment", "creation", "deploy", "make_home"]

TOKEN_SUPPLY = 10**27
"""A thousand million tokens of 10**18 units."""


@attrs.frozen(kw_only=True)
class Deployment:
    """Where one network's contracts are, all on its home chain."""

    chain_id: int
    token: Address = attrs.field(validator=address)
    registry: Address = attrs.field(validator=address)
    hub: Address = attrs.field(validator=address)
    verifier: Address = attrs.field(validator=address)
    gateway: Address = attrs.field(validator=address)

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain of all signatures."""
        return Domain(home_chain_id=self.chain_id, hub=self.hub)

    def token_on(self, chain: Chain) -> Token:
        """The token through ``chain``."""
        return Token(chain, self.token)

    def registry_on(self, chain: Chain) -> Registry:
        """The registry through ``chain``."""
        return Registry(chain, self.registry)

    def hub_on(self, chain: Chain) -> Hub:
        """The hub through ``chain``."""
        return Hub(chain, self.hub)

    def verifier_on(self, chain: Chain) -> Verifier:
        """The verifier through ``chain``."""
        return Verifier(chain, self.verifier)

    def gateway_on(self, chain: Chain) -> Gateway:
        """The gateway through ``chain``."""
        return Gateway(chain, self.gateway)

    def check(self, chain: Chain) -> None:
        """The handshake with the contracts, before anything is trusted or sent.

        Raises :class:`~chainboy.errors.WrongChain`, :class:`~chainboy.errors.VersionMismatch` when a contract
        is missing or of another version, and :class:`~chainboy.errors.ConfigError` when they do not know each
        other.
        """
        registry, hub, gateway = self.registry_on(chain), self.hub_on(chain), self.gateway_on(chain)
        check_place(chain, self.chain_id, (registry, hub, gateway))
        wires = (
            Wire("registry.token", registry.token, self.token),
            Wire("registry.hub", registry.hub, self.hub),
            Wire("hub.registry", hub.registry, self.registry),
            Wire("gateway.verifier", gateway.verifier, self.verifier),
            Wire("verifier.hub", self.verifier_on(chain).hub, self.hub),
        )
        check_wires(wires, hub.domain_separator, self.domain)

    def to_json(self) -> str:
        """The deployment as one JSON object."""
        return json.dumps(attrs.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The deployment in ``text``; raises :class:`~chainboy.errors.ConfigError` when it is none."""
        try:
            found: dict[str, Any] = json.loads(text)
            return cls(**found)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"this is no deployment ({error}); give what was written for it") from error

    def save(self, path: Path) -> None:
        """Write it to ``path``."""
        path.write_text(self.to_json(), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """The deployment in the file ``path``; raises :class:`~chainboy.errors.ConfigError`."""
        try:
            return cls.from_json(path.read_text("utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; give the file written when deploying") from error


def deploy(
    sender: Sender,
    profile: Profile,
    *,
    treasurer: Address,
    curator: Address | None = None,
    token_supply: int = TOKEN_SUPPLY,
) -> Deployment:
    """Put a whole network on ``sender``'s chain; the sender holds the whole token supply.

    ``curator`` may list gateways of other chains; without one the treasurer may.

    No other transaction may use the sender's key meanwhile: the hub would not be where the registry expects
    it, and refuse (``registry.hub = this``). Raises :class:`~chainboy.errors.ConfigError` for a profile with
    a broken relation, before anything is sent.
    """
    maker = Maker(sender, MemoryCreations())
    return make_home(maker, profile, treasurer=treasurer, curator=curator, token_supply=token_supply)


def make_home(
    maker: Maker,
    profile: Profile,
    *,
    treasurer: Address,
    curator: Address | None = None,
    token_supply: int = TOKEN_SUPPLY,
) -> Deployment:
    """Like :func:`deploy`; what ``maker`` has kept is there already, and is checked and gone on from."""
    sender = maker.sender
    chain = sender.chain
    profile.validate(chain.profile, block_gas=chain.fees().block_gas)
    token = maker.make("ChainBoyToken", sender.address, token_supply)
    # The registry obeys a hub that comes after it; the hub's constructor checks that it is the one.
    first = maker.nonce_of("NodeRegistry")
    hub_to_be = _created_at(sender.address, first + 1)
    registry = maker.make("NodeRegistry", token, hub_to_be, treasurer, profile.registry, nonce=first)
    hub = maker.make("ConsensusHub", registry, curator or treasurer, profile.hub, nonce=first + 1)
    verifier = maker.make("HubVerifier", hub)
    gateway = maker.make("TaskGateway", verifier, treasurer, profile.gateway)
    deployment = Deployment(
        chain_id=chain.chain_id, token=token, registry=registry, hub=hub, verifier=verifier, gateway=gateway
    )
    deployment.check(chain)
    return deployment
