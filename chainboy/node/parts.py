"""What a node is made of."""

from __future__ import annotations

import attrs

from chainboy.node.home import Home, Inbox, Solver, Submitter, Witness
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
