"""How what the hub records reaches other chains: sealed, attested by nodes, submitted, proven."""

from chainboy.checkpoints.attestor import Attestor
from chainboy.checkpoints.bridge import Bridge
from chainboy.checkpoints.ledger import Ledger
from chainboy.checkpoints.sealing import Sealing

__all__ = ["Attestor", "Bridge", "Ledger", "Sealing"]
