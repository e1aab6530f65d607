"""Makes an address a node: registered by its owner, bonded, and in the active set if there is a seat.

Rule: protocol, section 5. The owner's key moves the tokens and can stay cold; the node's own key only
consents once, to this owner and this payout address.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from chainboy.chain.call import NO_VALUE, Call
from chainboy.chain.sender import Sender
from chainboy.chain.signer import Signer
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.signing import register_message
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ConfigError
from chainboy.units import Address, Wei


@attrs.frozen(kw_only=True)
class Joining:
    """One node's way into the network; what is done already is not done again.

    ``bond``: all that the node is to have bonded, in token units. ``coins``: all that it is to have for gas,
    in wei; what it lacks is sent by the owner. ``payout``: where rewards go, the owner
    unless named; it is fixed at registration and the owner may change it later.
    """

    deployment: Deployment
    owner: Sender
    node: Signer
    bond: int
    coins: Wei = NO_VALUE
    payout: Address | None = None
    tell: Callable[[str], object] = lambda _: None

    def run(self) -> None:
        """Register, bond what is missing, and enter.

        Raises :class:`~chainboy.errors.ConfigError` if the node has another owner, and what
        :meth:`~chainboy.chain.sender.Sender.send` raises.
        """
        chain, node = self.owner.chain, self.node.address
        registry = self.deployment.registry_on(chain)
        state = registry.node_of(node)
        if state.owner not in (ZERO_ADDRESS, self.owner.address):
            raise ConfigError(f"{node} belongs to {state.owner}; use that owner's key, or another node")
        if state.owner == ZERO_ADDRESS:
            payout = self.payout or self.owner.address
            consent = register_message(self.deployment.domain, node, self.owner.address, payout)
            self.owner.send(registry.register(node, payout, self.node.sign(consent)))
            self.tell(f"registered {node} for its owner {self.owner.address}, rewards go to {payout}")
        short = self.coins - chain.balance(node)
        if short > 0:
            self.owner.send(Call(to=node, value=Wei(short)))
            self.tell(f"sent it {short} wei for gas")
        missing = self.bond - state.bonded
        if missing > 0:
            self.owner.send(self.deployment.token_on(chain).approve(registry.address, missing))
            self.owner.send(registry.bond(node, missing))
            self.tell(f"bonded {missing} units of tokens")
        if not state.active:
            self.owner.send(registry.enter(node))
            self.tell("entered the active set; the weight counts from the next epoch on")
