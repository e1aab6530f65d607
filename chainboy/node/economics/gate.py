"""The gate before a node's work: takes what will probably pay, and learns from all that happens to the node.

What it learns is kept in the journal whenever a task ends; what a crash loses of it are figures, not duties.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from math import ceil
from typing import Protocol

from chainboy.consensus.params import Mode
from chainboy.consensus.rewards import LEADERS
from chainboy.node.economics.forecast import Forecast, below_market, forecast, market_price
from chainboy.node.economics.history import Ending, History, Offer, Ran
from chainboy.node.economics.market import Market
from chainboy.node.economics.tariff import Tariff
from chainboy.node.home import Seat
from chainboy.node.machine import TERMINAL, Duty, State
from chainboy.node.rows import Task
from chainboy.sandbox.protocol import Run
from chainboy.units import Digest, Wei

_log = logging.getLogger(__name__)

_NAME = "economics"
"""Under this name the journal keeps the history."""


class Memory(Protocol):
    """The part of a journal that keeps a line of text under a name."""

    def load(self, name: str) -> str | None:
        """What was kept last."""
        ...

    def save(self, name: str, value: str) -> None:
        """Keep it."""
        ...


class ProfitGate:
    """Judges tasks before they are taken and again before they are committed to, and never after that.

    Once a commitment may be out the bond stands behind it: revealing and claiming are not asked about.
    Its methods may be called from many threads.
    """

    def __init__(
        self, tariff: Tariff, memory: Memory, market: Market, *, delivers: bool, pays: bool = True
    ) -> None:
        """``delivers``: results are brought to the gateway even unpaid; ``pays``: gas is ours to pay."""
        self._tariff = tariff
        self._memory = memory
        self._market = market
        self._delivers = delivers
        self._pays = pays
        self._lock = threading.Lock()
        kept = memory.load(_NAME)
        self.history = History() if kept is None else History.from_json(kept)

    def refusal(self, task: Task, seat: Seat) -> str | None:
        """Why this task is not worth our work, in one clause with the figures; ``None``: it is.

        To be asked once for each task: it is remembered as an offer. Raises
        :class:`~chainboy.errors.ChainError`.
        """
        refused = self._loss(task, seat) or self._cheap(task)
        if task.params.mode is not Mode.RANDOM:
            offer = Offer(task.request.price, task.params.fuel_limit)
            with self._lock:
                self.history = self.history.offered(offer)
        return refused

    def pays(self, task: Task, seat: Seat) -> bool:
        """Whether the reward still covers the gas, now that the run is paid for anyhow.

        Raises :class:`~chainboy.errors.ChainError`.
        """
        if not self._tariff.profit_gate:
            return True
        expected = self.forecast(task, seat)
        if expected.reward >= expected.gas_cost:
            return True
        _log.info("task 0x%s is not committed to while %s", task.task_id.hex(), expected)
        return False

    def forecast(self, task: Task, seat: Seat) -> Forecast:
        """What we expect of it now."""
        return forecast(
            task,
            self.history,
            self._tariff,
            weight=seat.weight,
            total=self._market.total_weight(seat.epoch),
            gas_price=self._market.gas_price() if self._pays else Wei(0),
            delivers=self._delivers,
        )

    def ran(self, task: Task, run: Run) -> None:
        """A program has run."""
        done = Ran(task.request.program, run.outcome.fuel, ceil(run.seconds * 1_000))
        with self._lock:
            self.history = self.history.ran(done)

    def moved(self, task: Task) -> None:
        """A task has its next state."""
        ending = ending_of(task)
        if ending is None:
            return
        with self._lock:
            self.history = self.history.ended(ending)
        self._memory.save(_NAME, self.history.to_json())

    def settled(self, duty: Duty, tries: Sequence[Digest]) -> None:
        """One of these transactions of ours is final."""
        spent = self._market.spent(duty, tries)
        if spent is not None:
            with self._lock:
                self.history = self.history.spent(spent)

    def _loss(self, task: Task, seat: Seat) -> str | None:
        if not self._tariff.profit_gate:
            return None
        asking = task.request.chain_id
        if asking != self._market.chain_id and asking not in self._tariff.exchange:
            coin = f"the coin of chain {asking}"
            return f"price {task.request.price} wei is in {coin}, for which policy.exchange has no rate"
        expected = self.forecast(task, seat)
        if expected.profit >= self._tariff.min_profit:
            return None
        return f"{expected}, below our minimum of {self._tariff.min_profit}"

    def _cheap(self, task: Task) -> str | None:
        percent, limit = self._tariff.min_market_percent, task.params.fuel_limit
        least = market_price(self.history.offers, percent) if percent else None
        if least is None or not below_market(task.request.price, limit, least):
            return None
        return (
            f"price {task.request.price} wei for {limit} fuel is below {least} wei for 10**9, "
            f"{percent} % of what was offered lately"
        )


def ending_of(task: Task) -> Ending | None:
    """How a task that we took has ended; ``None`` while it has not, and where we took no part."""
    if task.state not in TERMINAL or task.state is State.ABSTAINED:
        return None
    if task.state is State.MISSED and task.outcome is None:
        return None
    if task.state is not State.DONE or task.rank is None:
        return Ending.NOTHING
    return Ending.LEADER if task.rank < LEADERS else Ending.FOLLOWER
