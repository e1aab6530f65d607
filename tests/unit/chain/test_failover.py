"""Several endpoints as one: they die, lag, lie, forget and quarrel, and what is read stays true."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import requests
from failover_world import LOG, PROFILE, World

from chainboy.chain.health import LAG
from chainboy.chain.rpc import RpcRefused, RpcReverted, RpcTimeout
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.errors import ChainError, ConfigError, TooManyLogs, WrongChain
from chainboy.testing.fake_node import CHAIN_ID, HASH, Refusal


@pytest.fixture
def world() -> World:
    """Three endpoints that are well and agree."""
    return World()


def test_the_first_is_preferred(world: World) -> None:
    """The others are only compared with it, once."""
    for _ in range(5):
        assert world.chain.balance(ZERO_ADDRESS) == 7
    assert world.asked("eth_getBalance") == [5, 0, 0]
    assert world.asked("eth_chainId") == [1, 1, 1]
    assert world.rpc.web3.provider is world.lines[0]


@pytest.mark.parametrize(
    "failure", [requests.ConnectionError("down"), requests.Timeout("slow"), requests.HTTPError("429")]
)
def test_the_next_one_answers(world: World, failure: Exception) -> None:
    """And is asked first while the failed one rests; what comes back is looked at before it is believed."""
    world.chain.check()
    world.lines[0].failure = failure
    assert world.chain.balance(ZERO_ADDRESS) == 7
    before = len(world.lines[0].asked)
    assert world.chain.balance(ZERO_ADDRESS) == 7
    assert len(world.lines[0].asked) == before
    assert world.asked("eth_getBalance")[1:] == [2, 0]
    world.lines[0].failure = None
    world.later(2)
    assert world.chain.balance(ZERO_ADDRESS) == 7
    assert world.asked("eth_getBalance") == [2, 2, 0]
    assert world.asked("eth_chainId")[0] == 3  # compared, checked, come back


def test_what_came_back_as_another_chain(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is dropped before anything is read from it."""
    world.chain.check()
    world.lines[0].failure = requests.ConnectionError("down")
    world.chain.balance(ZERO_ADDRESS)
    world.lines[0].failure = None
    world.lines[0].answers.update(eth_chainId="0x1", eth_getBalance="0x9")
    world.later(2)
    assert world.chain.balance(ZERO_ADDRESS) == 7
    assert world.rpc.health["a"].wrong_chain == 1
    assert "a serves chain 1, not test (31337), and is not used any more" in caplog.text
    world.lines[0].answers["eth_chainId"] = hex(CHAIN_ID)
    world.later(10**6)
    world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance")[0] == 1


def test_one_that_changes_its_chain(world: World) -> None:
    """Is found out at the next comparison."""
    world.chain.check()
    world.lines[0].answers["eth_chainId"] = "0x1"
    world.later()
    world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance") == [0, 1, 0]


def test_nothing_but_other_chains(world: World) -> None:
    """Is the wrong configuration, and each is named."""
    for line in world.lines:
        line.answers["eth_chainId"] = "0x1"
    with pytest.raises(WrongChain, match=r"no endpoint of test \(31337\).*a: the endpoint serves chain 1;"):
        world.chain.check()


def test_all_down(world: World) -> None:
    """Each is named with its failure; when they are back, so is the chain."""
    for line in world.lines:
        line.failure = requests.ConnectionError("nobody there")
    with pytest.raises(ChainError, match=r"a: the endpoint cannot be reached.*; b: .*; c: ") as told:
        world.chain.balance(ZERO_ADDRESS)
    assert not isinstance(told.value, RpcTimeout)
    for line in world.lines:
        line.failure = None
    assert world.chain.balance(ZERO_ADDRESS) == 7


def test_all_too_slow_for_so_many_logs(world: World) -> None:
    """Is told as such: asking for less may help."""
    world.chain.check()
    for line in world.lines:
        line.failure = requests.Timeout("slow")
    with pytest.raises(TooManyLogs):
        world.chain.logs([ZERO_ADDRESS], [], 0, 50)


def test_one_that_lags(world: World) -> None:
    """It is not read from until it has caught up."""
    world.lines[0].head = 100 - LAG - 1
    assert world.chain.head().number == 100
    assert world.asked("eth_getBlockByNumber")[0] == 0
    world.lines[0].head = 100
    world.later()
    world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance") == [1, 0, 0]


def test_a_head_that_goes_back(world: World) -> None:
    """An answer older than what the others vouch for is not given to the caller."""
    world.chain.check()
    world.lines[0].head = 50
    assert world.chain.head().number == 100
    world.lines[1].head = 101
    assert world.chain.head().number == 101
    assert world.asked("eth_getBlockByNumber")[0] == 2  # one of them to compare


def test_one_that_stands_still(world: World) -> None:
    """While it is read from: when no block comes for a while, the others are asked."""
    world.chain.check()
    for line in world.lines[1:]:
        line.head = 110
    world.later(3)
    assert world.chain.head().number == 100
    world.later(3)
    assert world.chain.head().number == 110


def test_a_block_that_one_does_not_have(world: World) -> None:
    """Another one gives it; a block that nobody vouches for is not there yet."""
    world.chain.check()
    world.lines[0].head = 99
    assert world.chain.block(100).number == 100
    with pytest.raises(ChainError, match="does not have block 0x65 yet"):
        world.chain.block(101)


def test_one_far_ahead_is_not_believed(world: World) -> None:
    """Of three, a single one cannot make the others look late."""
    world.lines[2].head = 10**9
    assert world.chain.head().number == 100
    assert world.asked("eth_getBlockByNumber")[0] > 0


def test_when_the_leader_dies(world: World) -> None:
    """What was behind it is the best there is."""
    for line in world.lines[:2]:
        line.head = 200
    world.chain.check()
    for line in world.lines[:2]:
        line.failure = requests.ConnectionError("down")
    with pytest.raises(ChainError, match="c: it is behind the others"):
        world.chain.balance(ZERO_ADDRESS)
    assert world.chain.balance(ZERO_ADDRESS) == 7


def test_another_fork(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Who has another block than most where all count it final is not read from, until it agrees."""
    world.lines[0].fork = b"mine"
    world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance") == [0, 1, 0]
    assert "a has another block 98 than others" in caplog.text
    world.lines[0].fork = b""
    world.later()
    world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance") == [1, 1, 0]


def test_who_cannot_be_compared(world: World) -> None:
    """Stays as it is: only a block tells that somebody is on another fork."""
    world.lines[1].fork = b"mine"
    world.lines[2].answers["eth_getBlockByNumber"] = None
    world.chain.check()
    assert [health.astray for health in world.rpc.health.values()] == [False, True, False]


def test_no_logs_near_the_head(world: World) -> None:
    """May be too early for one endpoint: another's logs count, and it rests. Not so far below the head."""
    world.lines[1].logs = [LOG]
    assert [log.block_number for log in world.chain.logs([ZERO_ADDRESS], [], 90, 100)] == [100]
    assert world.rpc.health["a"].failures == 1
    assert world.chain.logs([ZERO_ADDRESS], [], 100, 100)
    assert world.asked("eth_getLogs") == [1, 2, 0]
    world.later(2)
    assert world.chain.logs([ZERO_ADDRESS], [], 0, 50) == []
    assert world.asked("eth_getLogs") == [2, 2, 0]


def test_no_logs_at_all(world: World) -> None:
    """Two agree, whatever a third that fails in between: there are none."""
    world.chain.check()
    world.lines[1].answers["eth_getLogs"] = lambda _: (_ for _ in ()).throw(Refusal("too many"))
    assert world.chain.logs([ZERO_ADDRESS], [], 90, 100) == []
    assert world.asked("eth_getLogs") == [1, 1, 1]
    alone = World(1)
    assert alone.chain.logs([ZERO_ADDRESS], [], 90, 100) == []


def test_a_revert_is_an_answer(world: World) -> None:
    """Nobody else is asked."""

    def revert(*_: Any) -> Any:
        raise Refusal("execution reverted", 3, "0x01")

    world.lines[0].answers["eth_getBalance"] = revert
    with pytest.raises(RpcReverted):
        world.chain.balance(ZERO_ADDRESS)
    assert world.asked("eth_getBalance") == [1, 0, 0]


def test_a_refusal_is_one_only_if_nobody_answers(world: World) -> None:
    """Another endpoint may allow it; one that is asked too often rests."""

    def refuse(*_: Any) -> Any:
        raise Refusal("no such thing")

    world.lines[0].answers["eth_getBalance"] = refuse
    assert world.chain.balance(ZERO_ADDRESS) == 7
    assert world.rpc.health["a"].failures == 0
    for line in world.lines[1:]:
        line.failure = requests.ConnectionError("down")
    with pytest.raises(RpcRefused, match="no such thing"):
        world.chain.balance(ZERO_ADDRESS)

    def too_often(*_: Any) -> Any:
        raise Refusal("slow down", 429)

    world.lines[0].answers["eth_getBalance"] = too_often
    world.lines[1].failure = None
    world.later(2)
    assert world.chain.balance(ZERO_ADDRESS) == 7
    assert world.rpc.health["a"].failures == 1


def test_transactions_go_to_all(world: World) -> None:
    """Those that lag, too; one that takes it is enough."""
    world.lines[2].head = 1
    world.rpc.once("eth_sendRawTransaction", "0x02")
    world.lines[0].failure = requests.ConnectionError("down")
    world.lines[1].failure = Refusal("already known")
    assert world.rpc.once("eth_sendRawTransaction", "0x03") == HASH
    world.rpc._endpoints._threads.shutdown(wait=True)
    assert [line.taken for line in world.lines] == [["0x02"], ["0x02"], ["0x02", "0x03"]]


def test_a_refused_transaction(world: World) -> None:
    """Is one that all refuse; if one of them failed on the way, it may have it."""
    for line in world.lines:
        line.failure = Refusal("transaction underpriced")
    with pytest.raises(RpcRefused, match="underpriced"):
        world.rpc.once("eth_sendRawTransaction", "0x02")
    world.lines[1].failure = requests.Timeout("no answer")
    with pytest.raises(ChainError, match="b: the endpoint did not answer") as told:
        world.rpc.once("eth_sendRawTransaction", "0x02")
    assert not isinstance(told.value, RpcRefused)
    world.lines[2].failure = Refusal("already known")
    with pytest.raises(RpcRefused, match="already known"):
        world.rpc.once("eth_sendRawTransaction", "0x02")


def test_no_endpoint() -> None:
    """Is a mistake of the configuration."""
    from chainboy.chain import connect  # noqa: PLC0415

    with pytest.raises(ConfigError, match="has no endpoint"):
        connect([], PROFILE)


def test_nothing_is_logged_while_all_is_well(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """An operator who reads the log has something to do."""
    caplog.set_level(logging.INFO)
    world.chain.check()
    world.later()
    world.chain.head()
    assert caplog.text == ""
