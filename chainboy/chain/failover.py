"""Several endpoints of one chain, asked as one: reads go to the first that is well, transactions to all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from chainboy.chain import decode
from chainboy.chain.endpoints import Endpoints
from chainboy.chain.health import LAG, Health
from chainboy.chain.profile import ChainProfile
from chainboy.chain.question import Answer, Question
from chainboy.chain.refusals import is_known
from chainboy.chain.rpc import ATTEMPTS, Lock, Rpc, RpcRefused, RpcTimeout, patiently, retrying
from chainboy.errors import ChainBoyError, ChainError, WrongChain

if TYPE_CHECKING:
    from web3 import Web3

_log = logging.getLogger(__name__)

_BEHIND = "it is behind the others"


class Failover:
    """The requests of one chain, to its ``endpoints`` by name, the first one preferred.

    Raises what :class:`~chainboy.chain.rpc.Rpc` raises; when every endpoint failed the message says of each
    how; :class:`~chainboy.errors.WrongChain` when all serve another chain. ``clock`` tells seconds.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Rpc],
        profile: ChainProfile,
        *,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoints = Endpoints(endpoints, profile, clock)
        self._title = f"{profile.name} ({profile.chain_id})"
        self._retrying = retrying(attempts, sleep)
        self.lock: Lock = nullcontext()

    @property
    def web3(self) -> Web3:
        """The connection to the first endpoint that can be read from."""
        names = self._endpoints.readable or list(self.health)
        return self._endpoints[names[0]].web3

    @property
    def health(self) -> Mapping[str, Health]:
        """What is known of each endpoint now."""
        return self._endpoints.health

    def read(self, method: str, *params: Any) -> Any:
        """The answer to a request without effects, asked a few times while every endpoint fails."""
        return self._retrying(self.once, method, *params)

    def once(self, method: str, *params: Any) -> Any:
        """The answer of the first endpoint that has one; a transaction goes to all that are awake."""
        self._endpoints.survey_if_due()
        if method == "eth_sendRawTransaction":
            return self._to_all(method, *params)
        failures: dict[str, ChainError] = {}
        for name in self._endpoints.readable:
            try:
                return self._ask(name, method, *params)
            except ChainError as error:
                failures[name] = error
        raise self._failure(method, failures)

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What each question comes to; see :meth:`~chainboy.chain.rpc.Requests.together`."""
        return patiently(self._retrying, self._once_together, questions)

    def _once_together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """The answers of the first endpoint that has them all, or of the first that refused only some."""
        self._endpoints.survey_if_due()
        failures: dict[str, ChainError] = {}
        best: Sequence[Answer] | None = None
        for name in self._endpoints.readable:
            try:
                answers = self._ask_together(name, questions)
            except ChainError as error:
                failures[name] = error
                continue
            if not any(isinstance(answer.error, RpcRefused) for answer in answers):
                return answers
            best = best or answers
        return best or [Answer(error=self._failure("a batch", failures))] * len(questions)

    def _ask_together(self, name: str, questions: Sequence[Question]) -> Sequence[Answer]:
        """One endpoint's answers; raises the first failure among them that is no refusal."""
        self._greet(name)
        answers = list(self._endpoints.together(name, questions))
        for place, (asked, answer) in enumerate(zip(questions, answers, strict=True)):
            if isinstance(answer.error, ChainError) and not isinstance(answer.error, RpcRefused):
                raise answer.error
            if answer.error is None:
                answers[place] = Answer(self._checked(name, answer.value, asked.method, *asked.params))
        return answers

    def _ask(self, name: str, method: str, *params: Any) -> Any:
        self._greet(name)
        return self._checked(name, self._endpoints.ask(name, method, *params), method, *params)

    def _greet(self, name: str) -> None:
        if self.health[name].failures:  # who knows what came back
            self._endpoints.visit(name)
            if name not in self._endpoints.readable:
                raise ChainError("it is not well yet; use another endpoint")

    def _checked(self, name: str, answer: Any, method: str, *params: Any) -> Any:
        if method == "eth_getBlockByNumber":
            self._weigh(name, answer, params[0])
        if method == "eth_getLogs" and not answer:
            return self._second_opinion(name, method, params[0])
        return answer

    def _weigh(self, name: str, block: Any, wanted: str) -> None:
        """Take note of the newest block, and believe nothing that the others are ahead of."""
        best = self._endpoints.best_head
        if wanted == "latest" and block is not None:
            number = decode.quantity(decode.field(block, "number"))
            self._endpoints.heard(name, number)
            if number < best - LAG:
                raise ChainError(f"its newest block is {number}; {_BEHIND}")
        elif block is None and (wanted == "latest" or decode.quantity(wanted) <= best):
            raise ChainError(f"it does not have block {wanted}; {_BEHIND}")

    def _second_opinion(self, name: str, method: str, wanted: Mapping[str, Any]) -> Any:
        """No logs near the head may mean that the endpoint has not got there: another one is asked, too."""
        last = decode.quantity(wanted["toBlock"])
        others = [other for other in self._endpoints.readable if other != name]
        for other in others if last >= self._endpoints.best_head - LAG else ():
            try:
                answer = self._endpoints.ask(other, method, wanted)
            except ChainError:
                continue
            if answer:
                self._endpoints.blame(name, f"it left out logs up to block {last} that {other} has")
            return answer
        return []

    def _to_all(self, method: str, *params: Any) -> Any:
        """Bring a transaction to every endpoint; the first that takes it is enough to go on.

        It is refused only if all refuse it, or one has it already: who failed on the way may have it, too.
        """
        sent = {self._endpoints.start(name, method, *params): name for name in self._endpoints.awake}
        failures: dict[str, ChainError] = {}
        for done in as_completed(sent):
            try:
                return done.result()
            except ChainError as error:
                failures[sent[done]] = error
        for told in failures.values():
            if isinstance(told, RpcRefused) and is_known(told):
                raise told
        unsure = {name: error for name, error in failures.items() if not isinstance(error, RpcRefused)}
        raise self._failure(method, unsure or failures)

    def _failure(self, method: str, failures: Mapping[str, ChainError]) -> ChainBoyError:
        """One error for all of theirs; a refusal is an answer, and worth more than silence."""
        for error in failures.values():
            if isinstance(error, RpcRefused):
                return error
        told = {name: str(error) for name, error in failures.items()}
        for name, health in self.health.items():
            if health.wrong_chain is not None:
                told[name] = f"the endpoint serves chain {health.wrong_chain}"
        text = "; ".join(f"{name}: {told.get(name, _BEHIND)}" for name in self.health)
        if all(health.wrong_chain is not None for health in self.health.values()):
            return WrongChain(f"no endpoint of {self._title} can be used: {text}; correct their addresses")
        slow = bool(failures) and all(isinstance(error, RpcTimeout) for error in failures.values())
        kind = RpcTimeout if slow else ChainError
        return kind(f"no endpoint of {self._title} can be used for {method}: {text}")
