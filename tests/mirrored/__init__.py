"""A home chain and a remote one made of the contracts' mirrors: no EVM, no endpoint."""

from __future__ import annotations

from mirror_chain import GENESIS, PRICE_OF_GAS, MirrorChain

from mirrored.figures import (
    ANSWER,
    BONDS,
    COST,
    DEPLOYMENT,
    DOMAIN,
    EPOCH,
    HOME_ID,
    INTERVAL,
    KEYS,
    NODES,
    OPERATOR,
    PLACE,
    PROFILE,
    REMOTE_ID,
    REQUESTER,
    STRANGER,
    TRUST_EPOCHS,
)
from mirrored.home import HomeChain, hub_event
from mirrored.remote import RemoteChain

__all__ = [
    "ANSWER",
    "BONDS",
    "COST",
    "DEPLOYMENT",
    "DOMAIN",
    "EPOCH",
    "GENESIS",
    "HOME_ID",
    "INTERVAL",
    "KEYS",
    "NODES",
    "OPERATOR",
    "PLACE",
    "PRICE_OF_GAS",
    "PROFILE",
    "REMOTE_ID",
    "REQUESTER",
    "STRANGER",
    "TRUST_EPOCHS",
    "HomeChain",
    "MirrorChain",
    "RemoteChain",
    "hub_event",
]
