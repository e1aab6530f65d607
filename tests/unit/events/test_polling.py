"""The polling source over scripted chains: final logs only, each at least once, whatever the chain does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import ChainError, TooManyLogs
from chainboy.events import Cursor, LogEvent, LogKey, MemoryCursor, PollingSource
from chainboy.events.log import Topics
from chainboy.testing.event_conformance import drain
from chainboy.testing.scripted_chain import CONTRACT, ScriptedChain
from chainboy.units import Address


def source_of(chain: ScriptedChain, **options: object) -> PollingSource:
    """A source of all logs of the scripted contract."""
    return PollingSource(chain, addresses=[CONTRACT], **{"confirmations": 0, **options})  # type: ignore[arg-type]


def test_waits_for_confirmations() -> None:
    """A log comes when K blocks stand on its block, not one earlier."""
    chain = ScriptedChain()
    source = source_of(chain, confirmations=2)
    (event,) = chain.mine(1)
    chain.mine()
    assert list(source.poll()) == []
    chain.mine()
    assert list(source.poll()) == [event]


def test_starts_where_it_is_told() -> None:
    """Blocks before ``start`` are not read."""
    chain = ScriptedChain()
    chain.mine(1)
    wanted = chain.mine(1)
    assert drain(source_of(chain, start=2)) == list(wanted)
    assert chain.asked == [(2, 2)]


def test_asks_nothing_twice_while_nothing_happens() -> None:
    """Polling an unchanged chain lists no logs again."""
    chain = ScriptedChain()
    source = source_of(chain)
    source.poll()
    asked = list(chain.asked)
    source.poll()
    assert chain.asked == asked


def test_shrinks_and_grows_its_chunks() -> None:
    """Refused ranges are halved until they fit, and grow again; no block is left out."""
    chain = ScriptedChain()
    emitted = [event for _ in range(300) for event in chain.mine(1)]
    chain.range_limit = 10
    assert drain(source_of(chain, max_chunk=128)) == emitted
    sizes = [last - first + 1 for first, last in chain.asked]
    assert sizes[:5] == [128, 64, 32, 16, 8]
    assert 10 in sizes[5:]


def test_a_single_block_that_is_too_much_is_an_error() -> None:
    """There is nothing smaller to ask for: the endpoint's refusal is passed on."""
    chain = ScriptedChain()
    chain.range_limit = 0
    with pytest.raises(TooManyLogs):
        source_of(chain).poll()


def test_a_failing_endpoint_loses_nothing() -> None:
    """The error is told; the next poll goes on where the last one ended."""
    chain = ScriptedChain()
    source = source_of(chain)
    first = chain.mine(1)
    assert drain(source) == list(first)
    second = chain.mine(1)
    chain.down = True
    with pytest.raises(ChainError):
        source.poll()
    chain.down = False
    assert drain(source) == list(second)


def test_a_lagging_endpoint_is_waited_for() -> None:
    """Behind a balancer one endpoint may know fewer blocks than another: nothing is given twice."""
    chain = ScriptedChain()
    source = source_of(chain)
    blocks = [chain.mine(1) for _ in range(4)]
    assert len(drain(source)) == 4
    behind = ScriptedChain()
    source._chain = behind
    assert list(source.poll()) == []
    source._chain = chain
    assert drain(source) == []
    assert blocks


def test_the_cursor_waits_for_the_effect() -> None:
    """It is saved after the last acknowledgement of what was given, never before."""
    chain = ScriptedChain()
    store = MemoryCursor()
    source = source_of(chain, cursor=store)
    one, two = chain.mine(2)
    source.poll()
    assert store.load() is None
    source.acknowledge(one)
    assert store.load() is None
    source.acknowledge(two)
    assert store.load() == Cursor(1, chain.block(1).hash)


def test_a_fork_behind_the_cursor_is_read_again() -> None:
    """Logs of the new branch come; logs of blocks that stayed do not come twice."""
    chain = ScriptedChain()
    source = source_of(chain)
    chain.mine(1)
    drain(source)
    chain.mine(1)
    drain(source)
    chain.fork(1)
    fresh = [*chain.mine(1), *chain.mine(1)]
    assert drain(source) == fresh


def test_a_restart_on_an_unchanged_chain_lists_nothing() -> None:
    """The cursor is the newest block: there are no logs to ask for."""
    chain = ScriptedChain()
    store = MemoryCursor()
    chain.mine(1)
    drain(source_of(chain, cursor=store))
    asked = list(chain.asked)
    assert drain(source_of(chain, cursor=store)) == []
    assert chain.asked == asked


def test_a_restart_after_a_fork_goes_back() -> None:
    """A saved block that left the chain sends the source back behind it by its confirmations."""
    chain = ScriptedChain()
    store = MemoryCursor()
    for _ in range(10):
        chain.mine()
    drain(source_of(chain, cursor=store, confirmations=4))
    chain.fork(6)
    fresh = [event for _ in range(10) for event in chain.mine(1)]
    again = source_of(chain, cursor=store, confirmations=4)
    assert drain(again) == fresh[:-4]


def test_a_sweep_finds_what_was_held_back() -> None:
    """An endpoint that hid a log at first cannot make it lost."""
    chain = ScriptedChain()
    source = source_of(chain, sweep_blocks=4)
    (hidden,) = chain.mine(1)
    chain.hidden.add(hidden.key)
    assert drain(source) == []
    chain.hidden.clear()
    found = []
    for _ in range(4):
        chain.mine()
        found += drain(source)
    assert found == [hidden]


class Stammering(ScriptedChain):
    """Lists each log twice."""

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """See :meth:`ScriptedChain.logs`."""
        return [event for event in super().logs(addresses, topics, first, last) for _ in range(2)]


def test_a_log_listed_twice_is_one_event() -> None:
    """Also within one answer."""
    chain = Stammering()
    emitted = chain.mine(2)
    assert drain(source_of(chain)) == list(emitted)


def test_no_sweep_while_catching_up() -> None:
    """Reading an old chain costs each block once, but for the last sweep."""
    chain = ScriptedChain()
    for _ in range(100):
        chain.mine()
    drain(source_of(chain, max_chunk=10, sweep_blocks=8))
    assert sum(last - first + 1 for first, last in chain.asked) == 101 + 16


def test_returns_from_a_long_empty_stretch() -> None:
    """One poll reads a bounded number of chunks, so that a node can be stopped meanwhile."""
    chain = ScriptedChain()
    for _ in range(199):
        chain.mine()
    source = source_of(chain, max_chunk=1)
    source.poll()
    assert chain.asked == [(number, number) for number in range(64)]
    for _ in range(3):
        source.poll()
    assert (199, 199) in chain.asked


def test_what_it_remembers_is_bounded() -> None:
    """Memory does not grow with the number of events given."""
    chain = ScriptedChain()
    source = source_of(chain, sweep_blocks=4)
    for _ in range(600):
        chain.mine(1)
        drain(source)
    assert len(source._given) < 400
    assert len(source._trail) <= 64


class Consumer:
    """One consumer over one chain that grows, forks and fails under it."""

    def __init__(self, confirmations: int, max_chunk: int) -> None:
        self.chain = ScriptedChain()
        self.given: set[LogKey] = set()
        self._store = MemoryCursor()
        self._confirmations = confirmations
        self._max_chunk = max_chunk
        self._deepest_fork = 0
        self.restart(0)

    def mine(self, logs: int) -> None:
        """Add a block."""
        self.chain.mine(logs)

    def fork(self, depth: int) -> None:
        """Drop blocks."""
        self._deepest_fork = max(self._deepest_fork, depth)
        self.chain.fork(depth)

    def limit(self, blocks: int) -> None:
        """Let the endpoint list at most so many blocks."""
        self.chain.range_limit = blocks

    def restart(self, _: int) -> None:
        """Start anew from the cursor; it holds one hash only, so forks must not be deeper than K then."""
        if self._deepest_fork <= self._confirmations:
            self._source = source_of(
                self.chain,
                cursor=self._store,
                confirmations=self._confirmations,
                max_chunk=self._max_chunk,
                sweep_blocks=0,
            )

    def poll(self, acknowledged: int) -> None:
        """Take what is there and acknowledge the first few; all of it must be final or given before."""
        waiting = set(self._source._waiting.snapshot())
        final = set(self.final())
        events = list(self._source.poll())
        assert set(events) <= final | waiting
        for event in events[:acknowledged]:
            self.given.add(event.key)
            self._source.acknowledge(event)

    def final(self) -> list[LogEvent]:
        """Every log that is K blocks deep now."""
        return self.chain.canonical(self.chain.head().number - self._confirmations)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(Consumer.mine), st.integers(0, 3)),
        st.tuples(st.just(Consumer.fork), st.integers(1, 8)),
        st.tuples(st.just(Consumer.poll), st.integers(0, 3)),
        st.tuples(st.just(Consumer.restart), st.just(0)),
        st.tuples(st.just(Consumer.limit), st.integers(1, 5)),
    ),
    max_size=60,
)


@given(STEPS, st.integers(0, 4), st.integers(1, 7))
def test_every_final_log_comes_whatever_the_chain_does(
    steps: list[tuple[Callable[[Consumer, int], None], int]], confirmations: int, max_chunk: int
) -> None:
    """Over growth, forks, crashes and refusals every log that stays final comes, and none before it is."""
    consumer = Consumer(confirmations, max_chunk)
    for step, value in steps:
        step(consumer, value)
    for _ in range(80):
        consumer.mine(0)
    for _ in range(80):
        consumer.poll(100)
    assert {event.key for event in consumer.final()} <= consumer.given
