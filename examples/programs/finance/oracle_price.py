# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string symbol", "uint16 most_bps"]
# outputs = ["int256", "uint8"]
# [sources.one]
# url   = "https://one.example/price/{symbol}"
# pick  = "$.price"
# scale = 8
# [sources.two]
# url   = "https://two.example/v1/{symbol}"
# pick  = "$.data.last"
# scale = 8
# [sources.three]
# url   = "https://three.example/ticker?of={symbol}"
# pick  = "$[0].close"
# scale = 8
# ///
"""One price out of three sources: the mean of those near their median.

A node fetches the sources before the run, so that the program has nothing but integers of 10**-8. A source
further than ``most_bps`` hundredths of a percent from the median is left out. Answers are the price,
rounded down, and how many sources it is made of. Ask for it in MEDIAN mode, for nodes do not fetch at the
same instant.
"""

from __future__ import annotations

from chainboy import values

WHOLE_BPS = 10_000


def main(symbol: str, most_bps: int) -> tuple[int, int]:
    print(f"{symbol}: {dict(values)}")
    told = sorted(values.values())
    median = told[len(told) // 2]
    near = [value for value in told if abs(value - median) * WHOLE_BPS <= most_bps * abs(median)]
    return sum(near) // len(near), len(near)
