"""What stands around a chain's requests and looks at some of them: all else is passed on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainboy.chain.question import Answer, Question
from chainboy.chain.rpc import Lock, Requests

if TYPE_CHECKING:
    from web3 import Web3


class ForwardingRequests:
    """A :class:`~chainboy.chain.rpc.Requests` that asks another one, for classes that override some of it."""

    def __init__(self, inner: Requests) -> None:
        self._inner = inner

    @property
    def web3(self) -> Web3:
        """The connection itself."""
        return self._inner.web3

    @property
    def lock(self) -> Lock:
        """Hold it to keep an in-process backend to yourself."""
        return self._inner.lock

    def read(self, method: str, *params: Any) -> Any:
        """What the endpoint answers, if need be after asking again."""
        return self._inner.read(method, *params)

    def once(self, method: str, *params: Any) -> Any:
        """What the endpoint answers to one request."""
        return self._inner.once(method, *params)

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What the endpoint answers to several questions at once."""
        return self._inner.together(questions)
