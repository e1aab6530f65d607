"""One chain's input and output: its profile, reads, logs, keys and transactions."""

from __future__ import annotations

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.connect import connect
from chainboy.chain.decode import Receipt
from chainboy.chain.price import Capped, Fees, FeeStrategy, Fixed, Price, Probe, Spending
from chainboy.chain.profile import ChainProfile, FeeRule
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner, Signer

__all__ = [
    "Call",
    "Capped",
    "Chain",
    "ChainProfile",
    "FeeRule",
    "FeeStrategy",
    "Fees",
    "Fixed",
    "KeySigner",
    "Price",
    "Probe",
    "Receipt",
    "Sender",
    "Signer",
    "Spending",
    "connect",
]
