"""JSON-RPC through web3: several reads at once where possible, tried again, every failure translated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from chainboy.chain.faults import RpcRefused, RpcReverted, RpcTimeout, backend_errors, translated
from chainboy.chain.question import RATE_LIMITED, Answer, Batches, Question
from chainboy.errors import ChainBoyError, ChainError

if TYPE_CHECKING:
    from web3 import Web3

__all__ = [
    "ATTEMPTS",
    "Lock",
    "Requests",
    "Rpc",
    "RpcRefused",
    "RpcReverted",
    "RpcTimeout",
    "attempt",
    "is_rate_limit",
    "patiently",
    "retrying",
]

Lock = AbstractContextManager[Any]

ATTEMPTS = 4
"""How often a read is tried before its failure is told."""

MOST_TOGETHER = 50
"""Requests of one batch; providers take from 50 upwards."""

_TOO_LARGE = -32003
"""What geth answers to those of a batch that it has no room left for."""


class Requests(Protocol):
    """What a chain is asked through: one endpoint, or several as one."""

    @property
    def web3(self) -> Web3:
        """The connection itself."""
        ...

    @property
    def lock(self) -> Lock:
        """Hold it to keep an in-process backend to yourself."""
        ...

    def read(self, method: str, *params: Any) -> Any:
        """The answer to a request without effects, asked a few times while the transport fails."""
        ...

    def once(self, method: str, *params: Any) -> Any:
        """The answer to a request that is sent exactly once.

        Raises :class:`~chainboy.errors.ChainError` or a kind of it, and :class:`RpcReverted`.
        """
        ...

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What each question comes to, in as few round trips as the endpoint allows, all of one endpoint.

        Asked a few times while the transport fails; raises nothing for the failure of a question.
        """
        ...


class Rpc:
    """The requests of one chain; ``lock`` is held around each, for backends that cannot stand two at once."""

    def __init__(
        self, web3: Web3, lock: Lock | None, *, attempts: int, sleep: Callable[[float], None]
    ) -> None:
        from web3.datastructures import NamedElementOnion  # noqa: PLC0415 - web3 is loaded by now

        self.web3 = web3
        # Without web3's default middleware: it asks for the chain id before each call, and copies each log.
        self._request = web3.provider.request_func(web3, NamedElementOnion([]))
        self._url = str(getattr(web3.provider, "endpoint_uri", ""))
        self.lock: Lock = lock if lock is not None else nullcontext()
        self._retrying = retrying(attempts, sleep)
        self._batches: Batches | None = web3.provider if hasattr(web3.provider, "ask_together") else None

    def read(self, method: str, *params: Any) -> Any:
        """The answer to a request without effects, asked a few times while the transport fails."""
        return self._retrying(self.once, method, *params)

    def once(self, method: str, *params: Any) -> Any:
        """The answer to a request that is sent exactly once.

        Raises :class:`~chainboy.errors.ChainError` or a kind of it, and :class:`RpcReverted`.
        """
        try:
            with self.lock:
                response = self._request(method, list(params))
            return self.web3.manager.formatted_response(response, list(params))
        except backend_errors() as error:
            raise translated(method, error, self._url) from error

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What each question comes to; see :meth:`Requests.together`."""
        return patiently(self._retrying, self.once_together, questions)

    def once_together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """The same, each question sent once."""
        stretches = range(0, len(questions), MOST_TOGETHER)
        return [each for first in stretches for each in self._stretch(questions[first:][:MOST_TOGETHER])]

    def _stretch(self, questions: Sequence[Question]) -> Sequence[Answer]:
        try:
            answers = self._batch(questions)
        except ChainBoyError as error:
            return [Answer(error=error)] * len(questions)
        return [
            attempt(self.once, asked.method, *asked.params) if answer is None else answer
            for asked, answer in zip(questions, answers, strict=True)
        ]

    def _batch(self, questions: Sequence[Question]) -> Sequence[Answer | None]:
        """One request for all; None for what has to be asked alone."""
        alone = [None] * len(questions)
        if self._batches is None or len(questions) == 1:
            return alone
        try:
            responses = self._batches.ask_together(questions)
        except backend_errors() as error:
            raise translated("a batch", error, self._url) from error
        if responses is None:
            self._batches = None
            return alone
        return [self._answer(*each) for each in zip(questions, responses, strict=True)]

    def _answer(self, asked: Question, response: Any) -> Answer | None:
        if response is None:
            return None
        try:
            return Answer(self.web3.manager.formatted_response(response, list(asked.params)))
        except backend_errors() as error:
            told = translated(asked.method, error, self._url)
        return None if isinstance(told, RpcRefused) and told.code == _TOO_LARGE else Answer(error=told)


def patiently(
    retrying: Retrying,
    ask: Callable[[Sequence[Question]], Sequence[Answer]],
    questions: Sequence[Question],
) -> Sequence[Answer]:
    """Asks all, and those again whose failure may pass."""
    answers: dict[int, Answer] = {}

    def once() -> None:
        left = [i for i in range(len(questions)) if i not in answers or _may_pass(answers[i])]
        answers.update(zip(left, ask([questions[i] for i in left]), strict=True))
        for answer in answers.values():
            if _may_pass(answer):
                answer.get()

    with suppress(ChainError):
        retrying(once)
    return [answers[i] for i in range(len(questions))]


def _may_pass(answer: Answer) -> bool:
    return answer.error is not None and _worth_retrying(answer.error)


def attempt(ask: Callable[..., Any], *arguments: Any) -> Answer:
    """What ``ask`` gives or raises."""
    try:
        return Answer(ask(*arguments))
    except ChainBoyError as error:
        return Answer(error=error)


def retrying(attempts: int, sleep: Callable[[float], None]) -> Retrying:
    """Calls again, a few times with growing pauses, while the transport fails."""
    return Retrying(
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        retry=retry_if_exception(_worth_retrying),
        sleep=sleep,
        reraise=True,
    )


def is_rate_limit(error: RpcRefused) -> bool:
    """The endpoint was asked too often."""
    return error.code in RATE_LIMITED


def _worth_retrying(error: BaseException) -> bool:
    if isinstance(error, RpcRefused):
        return is_rate_limit(error)
    return isinstance(error, ChainError)
