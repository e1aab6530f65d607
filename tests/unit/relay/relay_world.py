"""Chains made of mirrors with an operator's relay between them, and what things cost there."""

from __future__ import annotations

from mirrored import (
    BONDS,
    COST,
    DEPLOYMENT,
    NODES,
    OPERATOR,
    PLACE,
    PRICE_OF_GAS,
    HomeChain,
    MirrorChain,
    RemoteChain,
)

from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.request import Request
from chainboy.contracts.codec import SELECTOR_BYTES
from chainboy.contracts.interface import interface
from chainboy.relay import Destination, Relay, RelayPolicy
from chainboy.units import Address

STAKE = StakeDistribution.of(BONDS.items())

LIKELY = 130_000 * PRICE_OF_GAS
"""What a delivery is taken to cost before it can be tried."""

ENOUGH = LIKELY + COST + COST // 10
"""The least tip for which a checkpoint that is sealed is brought for one task alone."""

PLENTY = LIKELY + 250_000 * PRICE_OF_GAS * 11 // 10
"""The least tip for which one is sealed: what it will cost can only be guessed by then."""


class World:
    """A home chain, a remote one or more, and an operator's relay between them."""

    def __init__(
        self, *, policy: RelayPolicy | None = None, remotes: int = 1, confirmations: int = 0
    ) -> None:
        self.home = HomeChain()
        names = ["remote", *(f"remote {n}" for n in range(2, remotes + 1))]
        self.remotes = [RemoteChain(self.home, confirmations, name) for name in names]
        self.remote = self.remotes[0]
        self.policy = policy or RelayPolicy()
        self.relay = self.start()

    def start(self, key: KeySigner = OPERATOR) -> Relay:
        """A relay's process, new."""
        self.destinations = [
            Destination(PLACE.gateway_on(each), Sender(each, key), PLACE.verifier_on(each))
            for each in self.remotes
        ]
        sender = Sender(self.home, key)
        return Relay(sender, DEPLOYMENT, self.destinations, policy=self.policy)

    def sign(self, nodes: tuple[str, ...] = NODES) -> None:
        """These nodes sign the newest checkpoint."""
        self.home.attest(self.home.sealed[-1], nodes)

    def steps(self, count: int = 8, *, signing: bool = True) -> None:
        """Rounds of work, with a block on each chain and the nodes' signatures in between."""
        for _ in range(count):
            self.relay.step()
            self.home.mine(seconds=3)
            if signing and self.home.sealed:
                self.sign()
            for remote in self.remotes:
                remote.travel(self.home.now)

    def sent(self, chain: MirrorChain, key: KeySigner = OPERATOR) -> list[str]:
        """The names of the functions that the relay's transactions called, in order."""
        calls = [each.call for each in chain.executed if each.sender == key.address]
        return [name_of(call, chain) for call in calls]


def ready_to_deliver(world: World) -> Request:
    """A task whose checkpoint is there."""
    request = world.remote.ask(tip=ENOUGH)
    world.home.answer(request)
    world.remote.submit(world.home.seal(), NODES, STAKE)
    return request


def name_of(call: Call, chain: MirrorChain) -> str:
    """The function that is called."""
    functions = interface(chain.ABIS[call.to or Address("")]).functions.values()
    return next(each.name for each in functions if each.selector == call.data[:SELECTOR_BYTES])
