# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["int256[] numbers", "uint16[] per_mille"]
# outputs = ["int256[]"]
# ///
"""Percentiles, with straight lines between neighbours as most statistics packages draw them.

``per_mille`` names the percentiles in tenths of a percent, 500 is the median. Answers are in thousandths.
"""

from __future__ import annotations

MILLE = 1000


def main(numbers: list[int], per_mille: list[int]) -> list[int]:
    ordered = sorted(numbers)
    return [percentile(ordered, share) for share in per_mille]


def percentile(ordered: list[int], share: int) -> int:
    """The number at ``share`` of the way through ``ordered``, times 1000."""
    if share > MILLE:
        raise ValueError
    at, rest = divmod((len(ordered) - 1) * share, MILLE)
    above = ordered[min(at + 1, len(ordered) - 1)]
    return ordered[at] * (MILLE - rest) + above * rest
