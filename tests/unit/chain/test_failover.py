"""Several endpoints as one: they die, lag, lie, forget and quarrel, and what is read stays true."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from chainboy.chain import Chain, ChainProfile
from chainboy.chain.endpoints import SURVEY_SECONDS
from chainboy.chain.failover import Failover
from chainboy.chain.health import LAG, Health, awake, best_head, readable, strays
from chainboy.chain.question import Question
from chainboy.chain.rpc import Rpc, RpcRefused, RpcReverted, RpcTimeout, attempt
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.errors import ChainError, ConfigError, TooManyLogs, WrongChain
from chainboy.testing.fake_node import CHAIN_ID, HASH, FakeNode, Refusal, header

PROFILE = ChainProfile(name="test", chain_id=CHAIN_ID, confirmations=2, block_seconds=1)
LOG = {
    "blockNumber": hex(100), "blockHash": HASH, "transactionHash": HASH, "logIndex": "0x0",
    "address": ZERO_ADDRESS, "topics": [], "data": "0x",
}  # fmt: skip


class Line(FakeNode):
    """One endpoint: how far it is, on which fork, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(
            eth_blockNumber=lambda: hex(self.head),
            eth_getBlockByNumber=self._block,
            eth_getLogs=lambda _: self.logs,
            eth_sendRawTransaction=self._take,
            eth_getBalance="0x7",
        )
        self.head, self.fork = 100, b""
        self.logs: list[Any] = []
        self.taken: list[str] = []
        self.failure: Exception | None = None
        self.batches = 0

    def make_request(self, method: Any, params: Any) -> Any:
        """Fail, if it is to fail."""
        if self.failure is not None and not isinstance(self.failure, Refusal):
            self.asked.append(method)
            raise self.failure
        return super().make_request(method, params)

    def ask_together(self, questions: Sequence[Question]) -> list[Any]:
        """One request, that fails as a whole."""
        self.batches += 1
        return [self.make_request(asked.method, list(asked.params)) for asked in questions]

    def _block(self, name: str, _: bool) -> Any:
        number = self.head if name == "latest" else int(name, 16)
        if number > self.head:
            return None
        return header(number, hash="0x" + keccak(self.fork + number.to_bytes(8)).hex())

    def _take(self, raw: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.taken.append(raw)
        return HASH


class World:
    """Endpoints a, b and c, a clock, and the chain behind them."""

    def __init__(self, count: int = 3) -> None:
        self.lines = [Line() for _ in range(count)]
        self.now = 0.0
        rpcs = {
            name: Rpc(Web3(line), None, attempts=1, sleep=lambda _: None)
            for name, line in zip("abc", self.lines, strict=False)
        }
        self.rpc = Failover(rpcs, PROFILE, attempts=1, clock=lambda: self.now)
        self.chain = Chain(rpcs["a"].web3, PROFILE, rpc=self.rpc)

    def later(self, seconds: float = SURVEY_SECONDS) -> None:
        """Time passes."""
        self.now += seconds

    def asked(self, method: str) -> list[int]:
        """How often each was asked."""
        return [line.count(method) for line in self.lines]


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


healths = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        Health,
        head=st.integers(0, 20),
        rests_until=st.sampled_from([0.0, 10.0]),
        wrong_chain=st.none() | st.just(1),
        astray=st.booleans(),
    ),
)


@given(healths)
def test_who_is_read_from(known: dict[str, Health]) -> None:
    """Never another chain, never who lags behind most or is astray; who rests only if all do."""
    serving = {name: each for name, each in known.items() if each.wrong_chain is None}
    chosen, up = readable(known, 5.0), awake(known, 5.0)
    assert set(chosen) <= set(up) <= set(serving)
    assert bool(up) == bool(serving)
    if any(each.rests_until <= 5 for each in serving.values()):
        assert all(known[name].rests_until <= 5 for name in up)
    best = best_head(known, 5.0)
    assert all(known[name].head >= best - LAG and not known[name].astray for name in chosen)
    assert sum(known[name].head >= best for name in up) >= min(len(up), 2 if len(up) > 2 else 1)


def test_rests_grow_and_end() -> None:
    """From half a second to a minute; one answer ends them."""
    health, rests = Health(), []
    for _ in range(9):
        health = health.failed(100.0)
        rests.append(health.rests_until - 100.0)
    assert rests == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert health.answered() == Health()


def test_strays() -> None:
    """The minority; of two halves the one that the first is not in."""
    assert strays({}) == []
    assert strays({"a": b"1", "b": b"2", "c": b"2"}) == ["a"]
    assert strays({"a": b"1", "b": b"2"}) == ["b"]
    assert strays({"a": b"1", "b": b"1"}) == []


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
