# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string[] choices", "string[] ballots"]
# outputs = ["string", "uint16[]", "uint16"]
# ///
"""Counts ranked ballots by instant run-off: the fewest first places drop out until one has most.

A ballot ranks choices by name, as ``"b>c>a"``, and need not name them all; names that nobody offered or
that come twice make it invalid. Of equally few the last listed drops out. Answers are the winner, the first
places in the last round in the order of ``choices``, and the number of invalid ballots.
"""

from __future__ import annotations


def main(choices: list[str], ballots: list[str]) -> tuple[str, list[int], int]:
    ranked = [ballot.split(">") for ballot in ballots]
    valid = [ballot for ballot in ranked if set(ballot) <= set(choices) and len(set(ballot)) == len(ballot)]
    running = list(choices)
    while True:
        first = dict.fromkeys(running, 0)
        for ballot in valid:
            best = next((choice for choice in ballot if choice in first), None)
            if best is not None:
                first[best] += 1
        winner = max(running, key=first.__getitem__)
        if 2 * first[winner] > sum(first.values()) or len(running) == 1:
            return winner, [first.get(choice, 0) for choice in choices], len(ballots) - len(valid)
        fewest = min(first.values())
        running.remove(next(choice for choice in reversed(running) if first[choice] == fewest))
