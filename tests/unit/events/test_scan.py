"""Looking past logs up: all of them, in order, however few blocks the endpoint allows at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import TooManyLogs
from chainboy.events.log import BlockRef, LogEvent, Topics
from chainboy.events.scan import logs_between, newest_first
from chainboy.units import Address, Digest

HOME = Address("0x1111111111111111111111111111111111111111")


def log_at(block: int, index: int = 0) -> LogEvent:
    """A log."""
    nothing = Digest(bytes(32))
    return LogEvent(
        chain_id=1,
        block_number=block,
        block_hash=nothing,
        tx_hash=nothing,
        log_index=index,
        address=HOME,
        topics=(),
        data=b"",
    )


class Endpoint:
    """Holds logs and gives at most so many blocks of them."""

    def __init__(self, logs: Sequence[LogEvent], most: int) -> None:
        self.held, self.most, self.asked = list(logs), most, 0

    def head(self) -> BlockRef:
        """Not asked for here."""
        raise NotImplementedError

    def block(self, number: int) -> BlockRef:
        """Not asked for here."""
        raise NotImplementedError

    def logs(self, addresses: Sequence[Address], topics: Topics, first: int, last: int) -> list[LogEvent]:
        """What happened between, both included."""
        assert (list(addresses), list(topics)) == ([HOME], [])
        self.asked += 1
        if last - first >= self.most:
            raise TooManyLogs("fewer blocks, please")
        return [log for log in self.held if first <= log.block_number <= last]


@given(st.sets(st.integers(0, 500)), st.integers(1, 600), st.integers(0, 500), st.integers(0, 500))
def test_both_ways_give_the_same(blocks: set[int], most: int, one: int, other: int) -> None:
    """Forwards as a whole and backwards in steps, each log of the range comes exactly once."""
    first, last = sorted((one, other))
    held = [log_at(block, index) for block in sorted(blocks) for index in (0, 1)]
    expected = [log for log in held if first <= log.block_number <= last]
    endpoint = Endpoint(held, most)
    assert logs_between(endpoint, [HOME], [], first, last) == expected
    assert list(newest_first(endpoint, [HOME], [], first=first, last=last)) == expected[::-1]


def test_reads_no_further_than_needed() -> None:
    """Who stops at the first log found has not asked for the chain's whole past."""
    endpoint = Endpoint([log_at(5), log_at(1_000_000)], most=10**9)
    assert next(newest_first(endpoint, [HOME], [], last=1_000_010)).block_number == 1_000_000
    assert endpoint.asked == 1


def test_steps_grow() -> None:
    """A million blocks back are some twenty requests, not thousands."""
    endpoint = Endpoint([log_at(0)], most=10**9)
    assert [log.block_number for log in newest_first(endpoint, [HOME], [], last=1_000_000)] == [0]
    assert endpoint.asked < 20


def test_a_single_block_that_is_too_much() -> None:
    """When not even one block is given, the endpoint's error is the caller's."""
    with pytest.raises(TooManyLogs, match="fewer"):
        logs_between(Endpoint([], most=0), [HOME], [], 0, 8)
