"""Several questions in one request: all answers are of one endpoint, and as good as if asked alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import requests
from failover_world import LOG, World

from chainboy.chain.rpc import RpcRefused, attempt
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.errors import ChainError
from chainboy.testing.fake_node import Refusal


@pytest.fixture
def world() -> World:
    """Three endpoints that are well and agree."""
    return World()


def read_both(world: World) -> tuple[Any, ...]:
    """A balance and the newest block, asked for together."""
    chain = world.chain
    return chain.together(partial(chain.balance, ZERO_ADDRESS), chain.head, partial(chain.block, 90))


def test_a_batch_comes_from_one_endpoint(world: World) -> None:
    """The first that is well; no answer of another is among its own."""
    balance, head, block = read_both(world)
    assert (balance, head.number, block.number) == (7, 100, 90)
    assert [line.batches for line in world.lines] == [1, 0, 0]
    world.lines[0].failure = requests.ConnectionError("down")
    world.lines[1].answers["eth_getBalance"] = "0x8"
    assert read_both(world)[0] == 8
    assert [line.batches for line in world.lines] == [2, 1, 0]


def test_a_batch_of_an_endpoint_that_is_behind_is_not_believed(world: World) -> None:
    """All of it is asked for elsewhere, though only the block gives it away."""
    world.chain.check()
    world.lines[0].head = 50
    world.lines[0].answers["eth_getBalance"] = "0x9"
    balance, head, _ = read_both(world)
    assert (balance, head.number) == (7, 100)
    assert [line.batches for line in world.lines] == [1, 1, 0]


def refusing(*_: Any) -> Any:
    """Answer with an error object."""
    raise Refusal("not here")


def test_what_one_endpoint_refuses_another_may_answer(world: World) -> None:
    """And if all refuse it, that is the answer to it, and the rest of the batch counts."""
    chain = world.chain
    rest = partial(chain.balance, ZERO_ADDRESS)
    world.lines[0].answers["eth_getCode"] = refusing
    world.lines[1].answers["eth_getCode"] = "0x05"
    assert chain.together(partial(chain.code, ZERO_ADDRESS), rest) == (b"\x05", 7)
    for line in world.lines:
        line.answers["eth_getCode"] = refusing
    code, balance = chain.together(partial(attempt, chain.code, ZERO_ADDRESS), rest)
    assert isinstance(code.error, RpcRefused)
    assert balance == 7


def test_a_batch_that_nobody_answers(world: World) -> None:
    """One error, which tells of each endpoint."""
    for line in world.lines:
        line.failure = requests.ConnectionError("down")
    with pytest.raises(ChainError, match=r"a: .*b: .*c: "):
        read_both(world)


def test_logs_in_a_batch_have_a_second_opinion_too(world: World) -> None:
    """No logs near the head may mean that the endpoint has not got there."""
    world.lines[1].logs = [LOG]
    chain = world.chain
    logs, _ = chain.together(
        partial(chain.logs, [ZERO_ADDRESS], [], 99, 100), partial(chain.balance, ZERO_ADDRESS)
    )
    assert len(logs) == 1
    assert world.rpc.health["a"].failures == 1
