# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint64 earlier", "uint64 later"]
# outputs = ["int64", "uint8"]
# ///
"""The seconds that really passed between two Unix times, leap seconds included, and TAI - UTC then.

The table holds the days, counted from 1970, on which TAI - UTC grew by one, from ten seconds at the first
of them. It ends with the leap second of 2016, the last one announced.
"""

from __future__ import annotations

from bisect import bisect_right

DAY = 86_400
FIRST = 10
DAYS = (
    *(730, 912, 1096, 1461, 1826, 2191, 2557, 2922, 3287, 3652, 4199, 4564, 4929, 5660, 6574),
    *(7305, 7670, 8217, 8582, 8947, 9496, 10043, 10592, 13149, 14245, 15522, 16617, 17167),
)


def main(earlier: int, later: int) -> tuple[int, int]:
    return later - earlier + offset(later) - offset(earlier), offset(later)


def offset(unix: int) -> int:
    """TAI - UTC in seconds; before 1972 it was no whole number, which raises ``ValueError``."""
    grown = bisect_right(DAYS, unix // DAY)
    if grown == 0:
        raise ValueError
    return FIRST + grown - 1
