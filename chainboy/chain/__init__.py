"""One chain's input and output: its profile, reads, logs, keys and transactions."""

from __future__ import annotations

from chainboy.chain.call import Call
from chainboy.chain.client import Chain, Fees, connect
from chainboy.chain.decode import Receipt
from chainboy.chain.profile import ChainProfile, FeeRule
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner, Signer

__all__ = [
    "Call",
    "Chain",
    "ChainProfile",
    "FeeRule",
    "Fees",
    "KeySigner",
    "Receipt",
    "Sender",
    "Signer",
    "connect",
]
