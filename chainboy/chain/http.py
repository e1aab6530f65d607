"""One HTTP endpoint: connections stay open, requests go together, answers are bounded before they are read.

An answer is hostile until it is parsed: web3 lets Python recurse so deep that nested JSON could end the
process, so the parser is one that gives up after 200 levels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from pydantic_core import from_json
from requests.utils import get_netrc_auth
from web3 import HTTPProvider

from chainboy.chain.question import RATE_LIMITED, Question

MAX_ANSWER = 64 * 2**20
"""Bytes of one answer, unpacked; the logs of a long range can be some of them."""

_PIECE = 2**18
_REFUSES_BATCHES = (400, 405, 413, 415, 422, 501)


class HttpEndpoint(HTTPProvider):
    """JSON-RPC at ``url``, ``timeout`` seconds a request; may be used from many threads.

    Proxies, certificates and passwords are taken from the environment once, as ``requests`` does for each.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        # web3 would retry by itself, sends included; reads are retried by Rpc.
        super().__init__(url, exception_retry_configuration=None)
        self._url, self._timeout = url, timeout
        self._session = requests.Session()
        self._session.headers.update(self.get_request_headers())
        self._settings = self._session.merge_environment_settings(url, {}, True, None, None)
        self._session.auth = get_netrc_auth(url)
        self._session.trust_env = False

    def make_request(self, method: Any, params: Any) -> Any:
        """One request, and its answer."""
        number = next(self.request_counter)
        answer = self._post(_message(number, Question(method, params)))
        if isinstance(answer, dict) and "result" in answer and answer.get("id") != number:
            raise ValueError("it answers another request")
        return answer

    def ask_together(self, questions: Sequence[Question]) -> list[Mapping[str, Any] | None] | None:
        """Several requests in one: their answers in the order asked, None for each that has none.

        None for all: the endpoint takes one request at a time. Raises what ``requests`` raises.
        """
        numbers = [next(self.request_counter) for _ in questions]
        try:
            answers = self._post([_message(*each) for each in zip(numbers, questions, strict=True)])
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code in _REFUSES_BATCHES:
                return None
            raise
        if not isinstance(answers, list):
            return [answers] * len(numbers) if _is_busy(answers) else None
        found = {answer["id"]: answer for answer in answers if _has_id(answer)}
        return [found.get(number) for number in numbers]

    def _post(self, message: Any) -> Any:
        body = bytearray()
        with self._session.post(
            self._url,
            data=json.dumps(message, separators=(",", ":")).encode(),
            timeout=self._timeout,
            **self._settings | {"stream": True},
        ) as response:
            response.raise_for_status()
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > MAX_ANSWER:
                    raise ValueError(f"it is longer than {MAX_ANSWER} bytes")
        return from_json(body, allow_inf_nan=False)


def _message(number: int, question: Question) -> dict[str, Any]:
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": question.method,
        "params": list(question.params),
    }


def _is_busy(answer: Any) -> bool:
    error = answer.get("error") if isinstance(answer, dict) else None
    return isinstance(error, dict) and error.get("code") in RATE_LIMITED


def _has_id(answer: Any) -> bool:
    return isinstance(answer, dict) and type(answer.get("id")) is int
