"""A verifier of four nodes' stake, and what those nodes sign for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bare_evm.evm import START
from bare_evm.remote import VERIFIER, Remote
from bare_evm.world import Node

from chainboy.consensus import encoding
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution, node_number
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.record import Record
from chainboy.consensus.signing import Domain, checkpoint_digest

DOMAIN = Domain(111_111, to_address(b"\x0a" * 20))
DOMAINS = {
    "chain": Domain(DOMAIN.home_chain_id + 1, DOMAIN.hub),
    "hub": Domain(DOMAIN.home_chain_id, to_address(b"\x0b" * 20)),
}
"""Others, whose signatures count for nothing here."""

NODES = sorted((Node(number) for number in range(5)), key=lambda node: node_number(node.address))
BY_ADDRESS = {node.address: node for node in NODES}


def distribution(*weights: int) -> StakeDistribution:
    """So much for each node in turn; zero: not in the list."""
    pairs = zip(NODES, weights, strict=False)
    return StakeDistribution(tuple((node.address, weight) for node, weight in pairs if weight))


OLD, NEW = distribution(30, 30, 0, 40), distribution(30, 31, 20, 0, 1)
HELD = {held.hash: held for held in (OLD, NEW)}
RECORDS = [Record.without_consensus(bytes([n]) * 32, 100) for n in range(1, 9)]
TREE = Accumulator([record.hash for record in RECORDS])
FIRST_EPOCH, EPOCH = 3, 5


def trusted(held: StakeDistribution = OLD, epoch: int = FIRST_EPOCH, **changes: Any) -> TrustedStake:
    """A distribution at an epoch."""
    fields = {"epoch": epoch, "stake_hash": held.hash, "stake_total": held.total}
    return TrustedStake(**{**fields, **changes})


def time_in(epoch: int, second: int = 0) -> int:
    """A second of an epoch."""
    return START + epoch * VERIFIER.epoch_length + second


def new_remote(first: TrustedStake | None = None) -> Remote:
    """In the fifth epoch; it believes OLD of the third unless told otherwise."""
    return Remote(first or trusted(), domain=DOMAIN, now=time_in(EPOCH, 100), chain_id=56)


def point(number: int, epoch: int, held: StakeDistribution, count: int, **changes: Any) -> Checkpoint:
    """A checkpoint of the first ``count`` records."""
    fields = {
        "number": number,
        "epoch": epoch,
        "stake_hash": held.hash,
        "stake_total": held.total,
        "records_root": TREE.root_at(count),
        "records_count": count,
        "home_block": 77,
    }
    return Checkpoint(**{**fields, **changes})


def signature_of(node: Node, checkpoint: Checkpoint, flaw: str = "") -> bytes:
    """In the hub's domain or another's, or spoilt."""
    digest = checkpoint_digest(DOMAINS.get(flaw, DOMAIN), checkpoint)
    made = encoding.keccak(digest) if flaw == "other digest" else digest
    return node.sign(made, "" if flaw in DOMAINS else flaw)


def bitmap_of(held: StakeDistribution, nodes: Collection[str]) -> int:
    """A bit for each of these nodes in the list."""
    return sum(1 << place for place, node in enumerate(held.nodes) if node in nodes)
