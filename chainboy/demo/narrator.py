"""Tells what happens on the chain while it happens, one line an event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from chainboy.contracts.gateway_events import RewardClaimed, TaskDelivered, TaskRequested
from chainboy.contracts.hub_events import Committed, EntrySkipped, Finalized, QuorumReached, Revealed
from chainboy.contracts.registry_events import Slashed
from chainboy.errors import TaskPending
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.contracts.contract import ContractEvent
    from chainboy.testing.network import LocalNetwork

Say = Callable[[str], None]

PATIENCE = 180.0
"""Seconds in which each step must come about."""

POLL = 0.05


class Narrator:
    """Reads the network's logs from where it stopped last, and says them in the names of the cast."""

    def __init__(self, network: LocalNetwork, names: Mapping[Address, str], say: Say) -> None:
        self._chain = network.chain
        self._contracts = (
            network.deployment.gateway_on(network.chain),
            network.deployment.hub_on(network.chain),
            network.deployment.registry_on(network.chain),
        )
        self._names = names
        self._say = say
        self._next = network.chain.head().number + 1

    def catch_up(self) -> None:
        """Say everything new."""
        head = self._chain.head().number
        if head < self._next:
            return
        addresses = [contract.address for contract in self._contracts]
        topics = [topic for contract in self._contracts for topic in contract.topics()]
        for log in self._chain.logs(addresses, [topics], self._next, head):
            contract = next(each for each in self._contracts if each.address == log.address)
            for line in self._lines(contract.decode(log)):
                self._say(f"  block {log.block_number:>4}  {line}")
        self._next = head + 1

    def wait(self, condition: Callable[[], bool]) -> None:
        """Say what happens until ``condition`` holds; raises ``TaskPending`` when that takes far too long."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TaskPending(f"nothing happened for {PATIENCE:.0f} s; run it again on an idle machine")
            self.catch_up()
            time.sleep(POLL)
        self.catch_up()

    def _lines(self, event: ContractEvent) -> Iterator[str]:
        match event:
            case TaskRequested():
                yield f"task 0x{event.task_id.hex()[:8]} requested, price {event.request.price} wei"
            case Committed():
                yield f"{self._name(event.node)} commits, weight {event.weight}"
            case QuorumReached():
                yield "more than half of all tokens have committed: the clock runs"
            case Revealed():
                yield f"{self._name(event.node)} reveals"
            case EntrySkipped():
                yield f"{self._name(event.node)} is refused: {event.error}"
            case Finalized():
                agreeing, total = event.record.agreeing_weight, event.record.total_weight
                yield f"the hub tallies: {agreeing} of {total} tokens agree"
            case TaskDelivered():
                yield "the result is delivered"
            case RewardClaimed():
                yield f"rank {event.rank} claims {event.amount} wei"
            case Slashed():
                yield f"{self._name(event.node)} is slashed by {event.amount} tokens"
            case _:
                return

    def _name(self, node: Address) -> str:
        return self._names.get(node, node)
