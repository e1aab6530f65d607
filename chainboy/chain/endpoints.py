"""A chain's endpoints, what is known of each, and how they compare; :mod:`chainboy.chain.health` judges."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import attrs

from chainboy.chain import decode
from chainboy.chain.health import Health, awake, best_head, readable, strays
from chainboy.chain.profile import ChainProfile
from chainboy.chain.question import Answer, Question
from chainboy.chain.rpc import Rpc, RpcRefused, attempt, is_rate_limit
from chainboy.errors import ChainBoyError, ChainError

_log = logging.getLogger(__name__)

SURVEY_SECONDS = 30.0
"""How often all endpoints are compared while nothing looks wrong."""

_SLACK_SECONDS = 2.0


class Endpoints:
    """The endpoints of one chain by name, in order of preference; ``clock`` tells seconds.

    Many threads may use it.
    """

    def __init__(
        self, endpoints: Mapping[str, Rpc], profile: ChainProfile, clock: Callable[[], float]
    ) -> None:
        self._rpcs = dict(endpoints)
        self._profile = profile
        self._clock = clock
        self._lock = threading.Lock()
        self._surveying = threading.Lock()
        self._health = {name: Health() for name in self._rpcs}
        self._surveyed: float | None = None
        self._moved = clock()
        self._threads = ThreadPoolExecutor(len(self._rpcs), thread_name_prefix="endpoint")

    def __getitem__(self, name: str) -> Rpc:
        return self._rpcs[name]

    @property
    def health(self) -> Mapping[str, Health]:
        """What is known of each now."""
        with self._lock:
            return dict(self._health)

    @property
    def awake(self) -> list[str]:
        """Whom to bring transactions to."""
        return awake(self.health, self._clock())

    @property
    def readable(self) -> list[str]:
        """Whom to read from, the best first."""
        return readable(self.health, self._clock())

    @property
    def best_head(self) -> int:
        """The newest block that they vouch for."""
        return best_head(self.health, self._clock())

    def ask(self, name: str, method: str, *params: Any) -> Any:
        """One endpoint's answer; what it means for its health is noted."""
        answer = attempt(self._rpcs[name].once, method, *params)
        self._judge(name, [answer])
        return answer.get()

    def together(self, name: str, questions: Sequence[Question]) -> Sequence[Answer]:
        """One endpoint's answers; what they mean for its health is noted."""
        answers = self._rpcs[name].once_together(questions)
        self._judge(name, answers)
        return answers

    def _judge(self, name: str, answers: Sequence[Answer]) -> None:
        for answer in answers:
            error = answer.error
            refused = isinstance(error, RpcRefused) and not is_rate_limit(error)
            if isinstance(error, ChainError) and not refused:
                self.blame(name, str(error))
                return
            if not refused:
                self._change(name, Health.answered)

    def start(self, name: str, method: str, *params: Any) -> Future[Any]:
        """Ask in a thread of its own."""
        return self._threads.submit(self.ask, name, method, *params)

    def blame(self, name: str, reason: str) -> None:
        """Let an endpoint rest."""
        _log.warning("%s rests: %s", name, reason)
        self._change(name, lambda health: health.failed(self._clock()))

    def heard(self, name: str, number: int) -> None:
        """Take note of the newest block that an endpoint told of."""
        with self._lock:
            if number > max(health.head for health in self._health.values()):
                self._moved = self._clock()
            self._health[name] = attrs.evolve(self._health[name], head=number)

    def visit(self, name: str) -> None:
        """Ask which chain an endpoint serves and how far it is; another chain's is never used again."""
        try:
            served = decode.quantity(self.ask(name, "eth_chainId"))
            if served == self._profile.chain_id:
                self.heard(name, decode.quantity(self.ask(name, "eth_blockNumber")))
                return
        except ChainBoyError as error:
            _log.info("%s cannot be compared: %s", name, error)
            return
        self._change(name, lambda health: attrs.evolve(health, wrong_chain=served))
        expected = f"{self._profile.name} ({self._profile.chain_id})"
        _log.error("%s serves chain %d, not %s, and is not used any more", name, served, expected)

    def survey_if_due(self) -> None:
        """Compare all endpoints: before the first use, from time to time, and when the chain stands still."""
        if self._is_due() and self._surveying.acquire(blocking=self._surveyed is None):
            try:
                if self._is_due():
                    self._survey()
            finally:
                self._surveying.release()

    def _is_due(self) -> bool:
        now, several_blocks = self._clock(), 3 * self._profile.block_seconds + _SLACK_SECONDS
        with self._lock:
            if self._surveyed is None:
                return True
            since = now - self._surveyed
            return since >= SURVEY_SECONDS or (now - self._moved >= several_blocks <= since)

    def _survey(self) -> None:
        list(self._threads.map(self.visit, self.awake))
        self._compare()
        with self._lock:
            self._surveyed = self._clock()

    def _compare(self) -> None:
        """Whether those that are as far as each other have the same block where all count it final."""
        healths = {name: attrs.evolve(health, astray=False) for name, health in self.health.items()}
        names = readable(healths, self._clock())
        number = min((healths[name].head for name in names), default=0) - self._profile.confirmations
        if len(names) < 2 or number < 0:  # noqa: PLR2004 - two are needed to compare
            return
        blocks = {name: self.start(name, "eth_getBlockByNumber", hex(number), False) for name in names}
        seen = {name: found for name, block in blocks.items() if (found := _hash(block)) is not None}
        lost = strays(seen)
        for name in seen:
            if name in lost and not self.health[name].astray:
                _log.error("%s has another block %d than others, and is not read from", name, number)
            self._change(name, functools.partial(Health.found, astray=name in lost))

    def _change(self, name: str, change: Callable[[Health], Health]) -> None:
        with self._lock:
            self._health[name] = change(self._health[name])


def _hash(block: Future[Any]) -> bytes | None:
    try:
        return decode.digest(decode.field(block.result(), "hash"))
    except ChainBoyError:
        return None
