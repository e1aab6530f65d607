"""How endpoints misbehave: at the level of HTTP, and in what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import Any

from counter import MOST_SECONDS, Counter, Mood, Question, send

Change = Callable[[Counter, Question], Question]
"""What becomes of one question, or of its answer."""

HIDDEN = 4
"""Blocks below the head whose logs a blind endpoint does not have."""


def _status(status: int, text: bytes, headers: dict[str, str] | None = None) -> Mood:
    def mood(_: Counter, handler: BaseHTTPRequestHandler, __: Sequence[Question]) -> None:
        send(handler, text, status, headers)

    return mood


def hanging(counter: Counter, handler: BaseHTTPRequestHandler, _: Sequence[Question]) -> None:
    """Says nothing until the mood is over, and hangs up."""
    counter.released.wait(MOST_SECONDS)
    handler.close_connection = True


def cutting(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Does what it is asked for, and cuts the answer in the middle."""
    content = json.dumps(counter.forward(questions)[0]).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.close_connection = True


def garbled(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Does what it is asked for, and says it in no JSON."""
    content = json.dumps(counter.forward(questions)[0]).encode()
    send(handler, content[1:].replace(b'"', b"'"))


def forgetful(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Takes transactions, and is gone before it says so."""
    answers = counter.forward(questions)
    if any(question["method"] == "eth_sendRawTransaction" for question in questions):
        handler.close_connection = True
    else:
        counter.reply(handler, answers, single=len(answers) == 1)


def reading(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Answers questions, and takes no transactions."""
    error = {"code": -32601, "message": "eth_sendRawTransaction is not available on this plan"}
    answers = [
        {"jsonrpc": "2.0", "id": question["id"], "error": error}
        if question["method"] == "eth_sendRawTransaction"
        else counter.forward([question])[0]
        for question in questions
    ]
    counter.reply(handler, answers, single=len(answers) == 1)


def limited(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Says in JSON that it was asked too often."""
    error = {"code": -32005, "message": "daily request count exceeded, request rate limited"}
    answers = [{"jsonrpc": "2.0", "id": question["id"], "error": error} for question in questions]
    counter.reply(handler, answers, single=len(answers) == 1)


def flaky(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
    """Fails each third time."""
    if counter.asked % 3 == 0:
        send(handler, b"service unavailable", 503)
    else:
        answers = counter.forward(questions)
        counter.reply(handler, answers, single=len(answers) == 1)


def _lying(before: Change, after: Callable[[Counter, Question, Question], Any]) -> Mood:
    """Changes what is asked, and what is answered."""

    def mood(counter: Counter, handler: BaseHTTPRequestHandler, questions: Sequence[Question]) -> None:
        changed = [before(counter, json.loads(json.dumps(question))) for question in questions]
        answers = counter.forward(changed)
        for question, answer in zip(questions, answers, strict=True):
            if "result" in answer:
                answer["result"] = after(counter, question, answer["result"])
        counter.reply(handler, answers, single=len(answers) == 1)

    return mood


def _as_asked(_: Counter, question: Question) -> Question:
    return question


def _at_the_old_head(counter: Counter, question: Question) -> Question:
    """Reads of the newest state are reads of the state that was the newest once."""
    params = question["params"]
    for index, value in enumerate(params):
        if value in ("latest", "pending"):
            params[index] = hex(counter.head)
    return question


def _nothing_newer(counter: Counter, question: Question, result: Any) -> Any:
    method = question["method"]
    if method == "eth_blockNumber":
        return hex(counter.head)
    if method == "eth_getBlockByNumber" and result and int(result["number"], 16) > counter.head:
        return None
    if method == "eth_getTransactionReceipt" and result and int(result["blockNumber"], 16) > counter.head:
        return None
    if method == "eth_getLogs":
        return [log for log in result if int(log["blockNumber"], 16) <= counter.head]
    return result


def _without_new_logs(counter: Counter, question: Question, result: Any) -> Any:
    if question["method"] != "eth_getLogs" or not isinstance(result, list):
        return result
    return [log for log in result if int(log["blockNumber"], 16) <= counter.knows - HIDDEN]


def _the_block_before(_: Counter, question: Question) -> Question:
    """Of another number than was asked for."""
    if question["method"] == "eth_getBlockByNumber" and question["params"][0].startswith("0x"):
        question["params"][0] = hex(max(0, int(question["params"][0], 16) - 1))
    return question


def _as_it_is(_: Counter, __: Question, result: Any) -> Any:
    return result


MOODS: Mapping[str, Mood] = MappingProxyType(
    {
        "429 with Retry-After": _status(429, b"slow down", {"Retry-After": "1"}),
        "500": _status(500, b"oops"),
        "502": _status(502, b"<html>bad gateway</html>"),
        "503 each third time": flaky,
        "rate limit in JSON": limited,
        "hangs": hanging,
        "cut answers": cutting,
        "malformed JSON": garbled,
        "sends without an answer": forgetful,
        "takes no transactions": reading,
        "stale reads": _lying(_at_the_old_head, _nothing_newer),
        "no logs of the newest blocks": _lying(_as_asked, _without_new_logs),
        "wrong block for a number": _lying(_the_block_before, _as_it_is),
    }
)
"""Each by the name that it is counted under."""
