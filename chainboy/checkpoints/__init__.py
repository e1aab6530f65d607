"""How what the hub records reaches other chains: sealed, attested by nodes, submitted, proven."""

from chainboy.checkpoints.attestor import Attestor
from chainboy.checkpoints.bridge import Bridge, Crossing
from chainboy.checkpoints.ledger import Ledger

__all__ = ["Attestor", "Bridge", "Crossing", "Ledger"]
