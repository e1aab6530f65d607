"""What a node is made of."""

from __future__ import annotations

from contextlib import ExitStack

import attrs

from chainboy.events.bell import Bell
from chainboy.node.home import Gate, Home, Inbox, Solver, Submitter, Witness
from chainboy.node.journal import Journal
from chainboy.node.salts import Secrets
from chainboy.units import Address


@attrs.frozen(kw_only=True)
class Parts:
    """What a node is made of; each part can be another that keeps the same seam."""

    address: Address
    home: Home
    submitter: Submitter
    inbox: Inbox
    solver: Solver
    journal: Journal
    secrets: Secrets
    attestor: Witness | None = None
    """Signs checkpoints; without one the node takes no part in them."""
    bailiff: Witness | None = None
    """Has silent nodes slashed; without one that is left to others."""
    gate: Gate | None = None
    """Judges whether tasks pay; without one every task does."""
    bell: Bell = attrs.field(factory=Bell)
    """Ends the pause between two rounds of work."""
    closing: ExitStack = attrs.field(factory=ExitStack)
    """What ends with the node."""
