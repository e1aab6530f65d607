# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256[] votes", "uint16 seats", "bool favour_small"]
# outputs = ["uint16[]"]
# ///
"""Seats by votes: the method of D'Hondt, or of Sainte-Laguë, which favours small parties more.

Each seat goes to the party whose votes, divided by the next divisor, are most; of equals the first listed
has it. Quotients are compared crosswise, as integers.
"""

from __future__ import annotations


def main(votes: list[int], seats: int, favour_small: bool) -> list[int]:
    won = [0] * len(votes)
    for _ in range(seats):
        best, most, least = 0, 0, 1
        for party, count in enumerate(votes):
            divisor = 2 * won[party] + 1 if favour_small else won[party] + 1
            if count * least > most * divisor:
                best, most, least = party, count, divisor
        won[best] += 1
    return won
