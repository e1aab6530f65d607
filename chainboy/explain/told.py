"""What chains tell about one task: its events, and the transactions that they came in."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from chainboy.contracts.contract import ContractEvent
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.events.log import LogEvent
from chainboy.units import Address, Wei

TxKey = tuple[int, bytes]
"""(chain id, transaction hash)."""


@attrs.frozen(kw_only=True)
class Transaction:
    """Who sent it and what it cost, in wei of its chain's coin.

    ``own`` of the ``events`` that the hub or the gateway told in it are of this task: a batch may serve many.
    """

    sender: Address
    fee: Wei
    own: int
    events: int

    @property
    def share(self) -> Wei:
        """This task's part of the fee, by its events, rounded up."""
        return Wei(-(-self.fee * self.own // self.events))


@attrs.frozen(kw_only=True)
class Told:
    """One task's events in their order, the hub's and its gateway's, and the transactions of all of them.

    ``slashed`` nodes lost tokens for a commitment of this task that they did not reveal.
    """

    home_chain_id: int
    requested: TaskRequested
    hub: tuple[ContractEvent, ...]
    gateway: tuple[ContractEvent, ...]
    transactions: Mapping[TxKey, Transaction]
    slashed: frozenset[Address] = frozenset()


def key_of(log: LogEvent) -> TxKey:
    """Which transaction a log came in."""
    return log.chain_id, log.tx_hash
