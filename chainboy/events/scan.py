"""Looks a chain's past logs up, once: forwards as a whole, or backwards until they are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainboy.errors import TooManyLogs
from chainboy.events.log import LogEvent, Topics
from chainboy.events.reader import LogReader
from chainboy.units import Address

FIRST_STRETCH = 64
"""Blocks of the first step backwards; each further step is twice as long as the one before it."""


def logs_between(
    chain: LogReader, addresses: Sequence[Address], topics: Topics, first: int, last: int
) -> list[LogEvent]:
    """The logs of blocks ``first`` to ``last``, both included; in halves if the endpoint wants fewer."""
    try:
        return chain.logs(addresses, topics, first, last)
    except TooManyLogs:
        if first == last:
            raise
    middle = (first + last) // 2
    early = logs_between(chain, addresses, topics, first, middle)
    return early + logs_between(chain, addresses, topics, middle + 1, last)


def newest_first(
    chain: LogReader, addresses: Sequence[Address], topics: Topics, *, last: int, first: int = 0
) -> Iterator[LogEvent]:
    """The logs from block ``last`` back to block ``first``, read only as far as they are asked for."""
    stretch = FIRST_STRETCH
    while last >= first:
        start = max(first, last - stretch + 1)
        yield from reversed(logs_between(chain, addresses, topics, start, last))
        last, stretch = start - 1, 2 * stretch
