# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint16 pages", "(uint16,uint16)[] links"]
# outputs = ["uint256[]", "uint16"]
# ///
"""The ranks of pages that link to each other, in fixed-point arithmetic, and the page ranked first.

Damping is 85 %; a page without links passes its rank to all. Ranks are in units of 10**-6 and sum up to one
million but for rounding.
"""

from __future__ import annotations

ONE = 10**30
SHOWN = 10**24
DAMPING = 85
ROUNDS = 200


def main(pages: int, links: list[tuple[int, int]]) -> tuple[list[int], int]:
    linked: list[list[int]] = [[] for _ in range(pages)]
    for here, there in sorted(set(links)):
        linked[here].append(there)
    ranks = [ONE // pages] * pages
    for _ in range(ROUNDS):
        after = flowed(ranks, linked)
        if after == ranks:
            break
        ranks = after
    return [(rank + SHOWN // 2) // SHOWN for rank in ranks], ranks.index(max(ranks))


def flowed(ranks: list[int], linked: list[list[int]]) -> list[int]:
    """The ranks after each page passed its own on."""
    pages = len(ranks)
    passed = [0] * pages
    spread = sum(rank for rank, to in zip(ranks, linked, strict=True) if not to) // pages
    for rank, to in zip(ranks, linked, strict=True):
        for page in to:
            passed[page] += rank // len(to)
    base = ONE * (100 - DAMPING) // (100 * pages)
    return [base + DAMPING * (rank + spread) // 100 for rank in passed]
