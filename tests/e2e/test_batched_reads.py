"""Several reads at once: standard batches where the endpoint takes them, and the same answers where not."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chainboy.chain import Call, Chain, ChainProfile, connect
from chainboy.chain.client import ATTEMPTS
from chainboy.chain.http import MAX_ANSWER
from chainboy.chain.rpc import MOST_TOGETHER
from chainboy.consensus.fields import to_address
from chainboy.errors import ChainError, ContractRefused

pytestmark = pytest.mark.enable_socket

PROFILE = ChainProfile.local(31_337)
ACCOUNTS = [to_address(bytes([i]) * 20) for i in range(1, 200)]

Reply = dict[str, Any]
Twist = Callable[[Any, Any], Any]
"""Given what was asked and what a good server would answer; returns bytes, or what is sent as JSON."""


def good(request: Reply) -> Reply:
    """Balances are the first byte of the address."""
    if request["method"] == "eth_getBalance":
        return {"jsonrpc": "2.0", "id": request["id"], "result": hex(int(request["params"][0][2:4], 16))}
    if request["method"] == "eth_call":
        error = {"code": 3, "message": "execution reverted", "data": "0x01020304"}
        return {"jsonrpc": "2.0", "id": request["id"], "error": error}
    return {"jsonrpc": "2.0", "id": request["id"], "result": hex(31_337)}


class Server:
    """Answers as ``twist`` has it; ``seen`` are the bodies it was sent."""

    def __init__(self, twist: Twist) -> None:
        self.seen: list[Any] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.seen.append(asked)
                answer = twist(
                    asked, [good(each) for each in asked] if isinstance(asked, list) else good(asked)
                )
                status, answer = answer if isinstance(answer, tuple) else (200, answer)
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True

    def sizes(self) -> list[int]:
        """How many requests came in each body."""
        return [len(body) if isinstance(body, list) else 1 for body in self.seen]


@contextmanager
def served(twist: Twist = lambda _, answer: answer) -> Iterator[tuple[Server, Chain]]:
    """A server and a chain behind it."""
    server = Server(twist)
    thread = Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    chain = connect(f"http://127.0.0.1:{server.http.server_port}", PROFILE, timeout=5)
    try:
        yield server, chain
    finally:
        chain.web3.provider._session.close()  # type: ignore[attr-defined]
        server.http.shutdown()
        thread.join()
        server.http.server_close()


def balances(chain: Chain, count: int) -> tuple[int, ...]:
    """Those of the first accounts, read together."""
    return chain.together(*(partial(chain.balance, account) for account in ACCOUNTS[:count]))


def test_reads_go_as_one_request() -> None:
    """One body, each question once though two reads ask it, answers in the order of the reads."""
    with served() as (server, chain):
        assert balances(chain, 3) == (1, 2, 3)
        assert chain.together(chain.check, *[partial(chain.balance, ACCOUNTS[6])] * 2) == (None, 7, 7)
        assert server.sizes() == [3, 2]


def test_a_read_that_asks_twice_takes_two_round_trips() -> None:
    """What depends on an answer is asked with what else is left then, reads within reads too."""
    with served() as (server, chain):

        def chained() -> int:
            first = chain.balance(ACCOUNTS[0])
            return sum(
                chain.together(partial(chain.balance, ACCOUNTS[first]), partial(chain.balance, ACCOUNTS[8]))
            )

        assert chain.together(chained, partial(chain.balance, ACCOUNTS[4])) == (2 + 9, 5)
        assert server.sizes() == [2, 2]
        assert chain.balance(ACCOUNTS[2]) == 3
        assert server.sizes() == [2, 2, 1]


def test_a_batch_is_bounded() -> None:
    """More questions than any provider takes at once are several batches."""
    with served() as (server, chain):
        count = 2 * MOST_TOGETHER + 1
        assert balances(chain, count) == tuple(range(1, count + 1))
        assert server.sizes() == [MOST_TOGETHER, MOST_TOGETHER, 1]


def test_order_does_not_matter() -> None:
    """Answers are told apart by their ids."""

    def shuffled(_: Any, answer: Any) -> Any:
        random.Random(7).shuffle(answer)
        return answer

    with served(shuffled) as (server, chain):
        assert balances(chain, 9) == tuple(range(1, 10))
        assert server.sizes() == [9]


def test_one_failure_is_one_failure() -> None:
    """A revert among values is the error of its read alone."""
    with served() as (_, chain):

        def refused() -> str:
            try:
                chain.call(Call(to=ACCOUNTS[0]))
            except ContractRefused as error:
                return str(error)
            return ""

        words, value = chain.together(refused, partial(chain.balance, ACCOUNTS[1]))
        assert "01020304" in words
        assert value == 2
        with pytest.raises(ContractRefused, match="01020304"):
            chain.together(partial(chain.balance, ACCOUNTS[1]), partial(chain.call, Call(to=ACCOUNTS[0])))


REFUSALS: dict[str, Any] = {
    "an error object": {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}},
    "bad request": (400, b"one at a time"),
    "too large": (413, b""),
    "another kind of answer": "0x1",
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_an_endpoint_without_batches_is_asked_once_for_one(refusal: Any) -> None:
    """Then one request at a time, for good."""
    with served(lambda asked, answer: refusal if isinstance(asked, list) else answer) as (server, chain):
        assert balances(chain, 3) == (1, 2, 3)
        assert balances(chain, 2) == (1, 2)
        assert server.sizes() == [3, 1, 1, 1, 1, 1]


def test_what_is_missing_is_asked_alone() -> None:
    """Left out, under another's id, or for lack of room: the rest of the batch counts."""

    def gappy(asked: Any, answer: Any) -> Any:
        if not isinstance(asked, list):
            return answer
        answer[1]["id"] = 10**6
        answer[2] = {
            "jsonrpc": "2.0",
            "id": answer[2]["id"],
            "error": {"code": -32003, "message": "too large"},
        }
        return [*answer[1:], "noise", {"id": True}]

    with served(gappy) as (server, chain):
        assert balances(chain, 5) == (1, 2, 3, 4, 5)
        assert server.sizes() == [5, 1, 1, 1]


def test_an_answer_to_another_request_is_refused() -> None:
    """The id of a single answer is checked, too."""
    with (
        served(lambda _, answer: answer | {"id": -1}) as (_, chain),
        pytest.raises(ChainError, match="answers another request"),
    ):
        chain.rpc.once("eth_chainId")


def test_busy_endpoints_are_asked_again() -> None:
    """A rate limit for the batch, or for one of it, is no refusal of batches."""
    busy = {"code": -32005, "message": "slow down"}
    turns = iter([(429, b""), {"jsonrpc": "2.0", "id": None, "error": busy}, None])

    def limited(_: Any, answer: Any) -> Any:
        turn = next(turns, answer)
        if turn is None:
            answer[0] = {"jsonrpc": "2.0", "id": answer[0]["id"], "error": busy}
            return answer
        return turn

    with served(limited) as (server, chain):
        assert balances(chain, 3) == (1, 2, 3)
        assert server.sizes() == [3, 3, 3, 1]


def test_a_dead_endpoint_is_told_as_ever() -> None:
    """Asked a few times, then one clear error."""
    with served(lambda *_: (502, b"bad gateway")) as (server, chain):
        with pytest.raises(ChainError, match="with an error"):
            balances(chain, 2)
        assert server.sizes() == [2] * ATTEMPTS


DEPTH = 200_000
HOSTILE: dict[str, bytes] = {
    "nested lists": b'{"jsonrpc": "2.0", "id": 0, "result": ' + b"[" * DEPTH + b"]" * DEPTH + b"}",
    "nested objects": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "nested and never closed": b"[" * DEPTH,
    "nested behind brackets in strings": b'["]",' * DEPTH,
    "an error that is nested": b'{"jsonrpc": "2.0", "id": 0, "error": ' + b'{"data":' * DEPTH,
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_nested_answers_do_no_harm(answer: bytes) -> None:
    """web3 lifts Python's own limit, so that its parser would end this process."""
    with served(lambda *_: answer) as (server, chain):
        for ask in (partial(chain.rpc.once, "eth_chainId"), partial(balances, chain, 2)):
            with pytest.raises(ChainError, match="garbage"):
                ask()
        assert server.sizes() == [1, *[2] * ATTEMPTS]


def test_answers_without_end_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is taken in than any answer needs."""
    monkeypatch.setattr("chainboy.chain.http.MAX_ANSWER", 10_000)
    with (
        served(lambda *_: b" " * 20_000) as (_, chain),
        pytest.raises(ChainError, match="longer than 10000 bytes"),
    ):
        chain.rpc.once("eth_chainId")
    assert MAX_ANSWER > 2**20


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the environment names is used; what it says later is not looked at."""
    with served(lambda *_: b'{"jsonrpc": "2.0", "id": 0, "result": "0x7a69"}') as (proxy, _):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.http.server_port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        chain = connect("http://endpoint.invalid/", PROFILE)
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        chain.check()
        chain.web3.provider._session.close()  # type: ignore[attr-defined]
        assert proxy.sizes() == [1]


def test_a_nested_answer_of_a_socket_does_no_harm(tmp_path: Path) -> None:
    """An IPC endpoint that nests is one that does not answer."""
    path = tmp_path / "ipc"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def nest() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(4096)
                connection.sendall(b"[" * 50_000 + b"]" * 50_000)
                connection.recv(4096)

        thread = Thread(target=nest)
        thread.start()
        chain = connect(str(path), PROFILE, timeout=1)
        with pytest.raises(ChainError, match="did not answer"):
            chain.rpc.once("eth_chainId")
        thread.join()
