"""JSON-RPC through web3: several reads at once where possible, tried again, every failure translated."""

from __future__ import annotations

import ast
import functools
import textwrap
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from eth_abi.abi import encode
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from chainboy.chain.question import Answer, Batches, Question
from chainboy.chain.urls import scrubbed
from chainboy.errors import ChainBoyError, ChainError

if TYPE_CHECKING:
    from web3 import Web3

# OSError covers requests' errors and sockets; the others are what web3 makes of an answer that is garbage.
_TRANSPORT = (OSError, ValueError, TypeError, AttributeError, LookupError)

Lock = AbstractContextManager[Any]

ATTEMPTS = 4
"""How often a read is tried before its failure is told."""

MOST_TOGETHER = 50
"""Requests of one batch; providers take from 50 upwards."""

_LOADING = threading.Lock()
"""py-evm's modules import each other in a circle, which two threads at once cannot stand."""

_RATE_LIMITED = (-32005, -32016, 429)
_TOO_LARGE = -32003
"""What geth answers to those of a batch that it has no room left for."""

_REVERTED = 3
_ERROR_STRING = bytes.fromhex("08c379a0")


class RpcRefused(ChainError):
    """The endpoint answered with an error of its own; asking the same again seldom helps."""

    def __init__(self, method: str, code: int, reason: str) -> None:
        super().__init__(f"the endpoint refused {method}: {reason} (code {code}); see its documentation")
        self.code = code
        self.reason = reason


class RpcTimeout(ChainError, TimeoutError):
    """The endpoint did not answer in time; asking again, or for less, may help."""


class RpcReverted(ChainBoyError):
    """The contract reverted; whoever knows the contract turns ``data`` into words."""

    def __init__(self, data: bytes, reason: str) -> None:
        super().__init__(reason)
        self.data = data
        self.reason = reason


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
        except _backend_errors() as error:
            raise _translated(method, error, self._url) from error

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What each question comes to; see :meth:`Requests.together`."""
        stretches = range(0, len(questions), MOST_TOGETHER)
        return [each for first in stretches for each in self._together(questions[first:][:MOST_TOGETHER])]

    def _together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        answers: Sequence[Answer | None] | None = None
        if self._batches is not None and len(questions) > 1:
            try:
                answers = self._retrying(self._batch, questions)
            except ChainError as error:
                return [Answer(error=error)] * len(questions)
        answers = answers or [None] * len(questions)
        return [
            attempt(self.read, asked.method, *asked.params) if answer is None else answer
            for asked, answer in zip(questions, answers, strict=True)
        ]

    def _batch(self, questions: Sequence[Question]) -> Sequence[Answer | None] | None:
        """One request for all; None for what has to be asked alone, be it all from now on."""
        if self._batches is None:
            return None
        try:
            with self.lock:
                responses = self._batches.ask_together(questions)
        except _backend_errors() as error:
            raise _translated("a batch", error, self._url) from error
        if responses is None:
            self._batches = None
            return None
        return [self._answer(*each) for each in zip(questions, responses, strict=True)]

    def _answer(self, asked: Question, response: Any) -> Answer | None:
        if response is None:
            return None
        try:
            return Answer(self.web3.manager.formatted_response(response, list(asked.params)))
        except _backend_errors() as error:
            told = _translated(asked.method, error, self._url)
        alone = isinstance(told, RpcRefused) and (is_rate_limit(told) or told.code == _TOO_LARGE)
        return None if alone else Answer(error=told)


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
    return error.code in _RATE_LIMITED


def _backend_errors() -> tuple[type[Exception], ...]:
    """What web3 and its in-process backend raise for a request gone wrong."""
    with _LOADING:
        return _loaded_errors()


@functools.cache
def _loaded_errors() -> tuple[type[Exception], ...]:
    from eth.exceptions import PyEVMError  # noqa: PLC0415 - heavy, and here only once web3 is loaded
    from eth_tester import exceptions as tester  # noqa: PLC0415
    from eth_utils.exceptions import ValidationError  # noqa: PLC0415
    from web3.exceptions import Web3Exception  # noqa: PLC0415

    in_process = (PyEVMError, ValidationError, tester.ValidationError, tester.TransactionFailed)
    return (Web3Exception, tester.BlockNotFound, *in_process, *_TRANSPORT)


def _translated(method: str, error: Exception, url: str) -> ChainBoyError:
    from eth_tester.exceptions import TransactionFailed  # noqa: PLC0415
    from web3.exceptions import Web3Exception, Web3RPCError  # noqa: PLC0415

    if isinstance(error, TransactionFailed):
        return _failed_in_process(error)
    if isinstance(error, Web3RPCError) and error.rpc_response is not None:
        return _from_response(method, error.rpc_response["error"])
    if isinstance(error, (Web3Exception, *_TRANSPORT)):
        return _from_transport(method, error, _brief(error, url))
    return RpcRefused(method, 0, _brief(error, url))


def _from_transport(method: str, error: Exception, brief: str) -> ChainError:
    """Requests' own errors are OSErrors; a JSON error is both that and a ValueError."""
    from requests import exceptions as http  # noqa: PLC0415 - web3's own transport

    if isinstance(error, http.Timeout | TimeoutError):
        return RpcTimeout(f"the endpoint did not answer {method} in time; try again or use another endpoint")
    if isinstance(error, http.HTTPError):
        return ChainError(f"the endpoint answered {method} with an error ({brief}); try again later")
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return ChainError(f"the endpoint cannot be reached for {method} ({brief}); check its address")
    return ChainError(f"the endpoint's answer to {method} is garbage ({brief}); check its address")


def _from_response(method: str, error: Mapping[str, Any]) -> ChainBoyError:
    """The error object of a JSON-RPC answer, whose code and message web3 has checked.

    Servers differ in where they put what a contract reverted with.
    """
    code, reason, data = error["code"], error["message"], error.get("data")
    if isinstance(data, dict):
        data = data.get("data")
    words = f"{reason} {data}".lower()
    if code == _REVERTED or "revert" in words or "gas required exceeds" in words:
        return RpcReverted(_revert_data(data) if isinstance(data, str) else b"", reason)
    return RpcRefused(method, code, reason)


def _revert_data(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("Reverted ").removeprefix("0x"))
    except ValueError:
        return b""


def _failed_in_process(error: Exception) -> RpcReverted:
    """The revert data, from whichever of its forms eth-tester uses.

    From an estimate it comes as bytes in the error before web3's; from a call as the text of a bytes literal,
    but of an ``Error(string)`` only the string.
    """
    before = error.__context__
    told = before.args[0] if before is not None and before.args else None
    if isinstance(told, Exception) and told.args and isinstance(told.args[0], bytes):
        return RpcReverted(told.args[0], "execution reverted")
    reason = str(error).removeprefix("execution reverted: ")
    if reason[:2] in ("b'", 'b"'):
        try:
            return RpcReverted(bytes(ast.literal_eval(reason)), "execution reverted")
        except (SyntaxError, ValueError):
            pass
    return RpcReverted(_ERROR_STRING + encode(["string"], [reason]), reason)


def _worth_retrying(error: BaseException) -> bool:
    if isinstance(error, RpcRefused):
        return is_rate_limit(error)
    return isinstance(error, ChainError)


def _brief(error: Exception, url: str) -> str:
    return textwrap.shorten(scrubbed(str(error), url) or type(error).__name__, 200, placeholder="...")
