"""The relay: brings each result to the gateway that waits for it, as long as that pays.

Everything is read from the chains, so a relay may be killed and started again anywhere, and many may run.
Rule: protocol, sections 9 and 10.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainboy.checkpoints.bridge import Bridge
from chainboy.checkpoints.ledger import Ledger
from chainboy.checkpoints.sealing import Sealing
from chainboy.consensus.encoding import keccak
from chainboy.contracts.round import Round, read_round
from chainboy.errors import ChainBoyError
from chainboy.relay.desk import Desk
from chainboy.relay.destination import Destination, Waiting
from chainboy.relay.errands import Errands
from chainboy.relay.policy import RelayPolicy
from chainboy.units import Address, TaskId, Wei

if TYPE_CHECKING:
    from chainboy.chain.sender import Sender
    from chainboy.contracts.checkpoint_events import Sealed
    from chainboy.contracts.deployment import Deployment

_log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0


class Relay:
    """Carries from the home chain to ``destinations``, which may have the home chain among them.

    ``sender`` seals on the home chain, and pays there for the nodes that are ``carried``. ``first``: no block
    before it has anything of the hub.
    """

    def __init__(
        self,
        sender: Sender,
        deployment: Deployment,
        destinations: Sequence[Destination],
        *,
        policy: RelayPolicy | None = None,
        carried: frozenset[Address] = frozenset(),
        first: int = 0,
    ) -> None:
        self._home = sender.chain
        self._hub = deployment.hub_on(self._home)
        self._address = sender.address
        self._destinations = tuple(destinations)
        self._policy = policy or RelayPolicy()
        self._ledger = Ledger(self._home, deployment, first=first)
        self._sealing = Sealing(self._ledger, self._home, deployment)
        self._errands = Errands(sender)
        self._bridges = {
            each.name: Bridge(self._ledger, self._home, deployment, each.verifier)
            for each in self._destinations
            if each.verifier is not None
        }
        self._rounds: dict[TaskId, Round] = {}
        self.desk = Desk(sender, deployment, self._errands, carried)
        """Where the nodes that it carries for hand in their commitments, reveals and attestations."""

    @property
    def address(self) -> Address:
        """The account that seals."""
        return self._address

    def step(self) -> bool:
        """Do all that can be done now; whether anything was sent.

        A chain that fails keeps none of the others waiting; raises the first such
        :class:`~chainboy.errors.ChainBoyError` in the end.
        """
        self._errands.look()
        sent, wanted, failures = [self.desk.step()], False, []
        self._ledger.follow(self._home.final_number())
        for destination in self._destinations:
            try:
                destination.look()
                done, wants = self._carry(destination)
                sent.append(done)
                wanted |= wants
            except ChainBoyError as error:
                _log.warning("%s has to wait: %s", destination.name, error)
                failures.append(error)
        waiting = {each.task_id for destination in self._destinations for each in destination.open()}
        self._rounds = {task_id: found for task_id, found in self._rounds.items() if task_id in waiting}
        if wanted and (call := self._sealing.call()) is not None:
            sent.append(self._errands.run("a seal", call))
        if failures:
            raise failures[0]
        return any(sent)

    def run(self, stop: threading.Event, *, pause: float = 1.0) -> None:
        """Work until ``stop`` is set, ``pause`` seconds between rounds, longer while they fail."""
        wait = pause
        while not stop.is_set():
            try:
                self.step()
                wait = pause
            except ChainBoyError as error:
                wait = min(2 * wait, _LONGEST_PAUSE)
                _log.warning("this round of work failed, the next is in %g s: %s", wait, error)
            stop.wait(wait)

    def _carry(self, destination: Destination) -> tuple[bool, bool]:
        """Deliver what can be delivered there; whether anything was sent, and whether it wants a seal."""
        sent, stuck = False, []
        for waiting in destination.open():
            if self._ledger.index_of(waiting.task_id) is None or not destination.is_open(waiting):
                continue
            proof = self._proof(destination, waiting.task_id)
            if proof is None:
                stuck.append(waiting)
            elif self._is_our_turn(waiting, destination):
                sent |= self._deliver(destination, waiting, proof)
        if destination.verifier is None:
            return sent, False
        stale = self._policy.backstop and self._sealing.is_stale(self._bridges[destination.name])
        news = self._news(destination)
        if news is not None:
            helped = [waiting for waiting in stuck if self._ledger.covers(news, waiting.task_id)]
            sent |= self._submit(destination, helped, news, stale=stale)
            if self._sealing.serves(waiting.task_id for waiting in stuck):
                return sent, False
        likely = destination.likely_checkpoint_cost()
        return sent, stale or self._is_worth_a_checkpoint(destination, stuck, likely)

    def _news(self, destination: Destination) -> Sealed | None:
        """The checkpoint that nodes sign, unless the verifier there is as far."""
        news, accepted = self._ledger.news, self._bridges[destination.name].accepted()
        if news is None or (accepted is not None and accepted.number >= news.number):
            return None
        return news

    def _proof(self, destination: Destination, task_id: TaskId) -> bytes | None:
        return b"" if destination.verifier is None else self._bridges[destination.name].proof(task_id)

    def _deliver(self, destination: Destination, waiting: Waiting, proof: bytes) -> bool:
        found = self._round(waiting)
        call = destination.gateway.deliver(waiting.request, found.record, found.outcome, proof)
        name = f"the delivery of 0x{waiting.task_id.hex()} on {destination.name}"
        if destination.errands.under_way(name):
            return False
        cost = destination.errands.cost(call)
        tip = waiting.request.tip if found.record.has_consensus else Wei(0)
        if cost is None or not self._policy.pays(tip, Wei(cost)):
            return False
        return destination.errands.run(name, call)

    def _submit(
        self, destination: Destination, helped: Sequence[Waiting], news: Sealed, *, stale: bool
    ) -> bool:
        """Bring ``news``, for its stake or if it pays for the tasks that it helps."""
        if not stale and not self._is_worth_a_checkpoint(destination, helped, Wei(0)):
            return False
        call = self._bridges[destination.name].submission(news)
        cost = None if call is None else destination.errands.cost(call)
        if call is None or cost is None:
            return False
        if not stale and not self._is_worth_a_checkpoint(destination, helped, Wei(cost)):
            return False
        return destination.errands.run(f"a checkpoint for {destination.name}", call)

    def _is_worth_a_checkpoint(self, destination: Destination, stuck: Sequence[Waiting], cost: Wei) -> bool:
        tips = [waiting.request.tip for waiting in stuck]
        costs = [destination.likely_cost(waiting) for waiting in stuck]
        return bool(stuck) and self._policy.pays_together(tips, costs, cost)

    def _is_our_turn(self, waiting: Waiting, destination: Destination) -> bool:
        """Copies of a relay take turns by block, in an order of their own for each task."""
        place = int.from_bytes(keccak(self._address.encode() + waiting.task_id)[:4], "big")
        return destination.number >= waiting.since + place % self._policy.turns

    def _round(self, waiting: Waiting) -> Round:
        task_id = waiting.task_id
        if task_id not in self._rounds:
            last = self._home.final_number()
            self._rounds[task_id] = read_round(self._home, self._hub, waiting.request, last=last)
        return self._rounds[task_id]
