"""All cases of the corpus, with a name each."""

from __future__ import annotations

from corpus.case import Case
from corpus.expectations import (
    chance,
    dates,
    finance,
    graphs,
    hashes,
    numbers,
    puzzles,
    records,
    statistics,
    text,
)

GROUPS = (chance, dates, finance, graphs, hashes, numbers, puzzles, records, statistics, text)


def named() -> dict[str, Case]:
    """Every case by the program's name and a number."""
    cases: dict[str, Case] = {}
    for group in GROUPS:
        for each in group.CASES:
            number = sum(other.program == each.program for other in cases.values()) + 1
            cases[f"{each.program}-{number}"] = each
    return cases


CASES = named()
