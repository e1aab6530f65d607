# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(string,string,uint64)[] roads", "string start", "string goal"]
# outputs = ["uint256", "string[]"]
# ///
"""The shortest way between two places on one-way roads, by Dijkstra; no way raises ``LookupError``."""

from __future__ import annotations

import heapq


def main(roads: list[tuple[str, str, int]], start: str, goal: str) -> tuple[int, list[str]]:
    leaving: dict[str, list[tuple[str, int]]] = {}
    for here, there, length in roads:
        leaving.setdefault(here, []).append((there, length))
    # Of equally long ways the heap gives the first by its places' names.
    heap, done = [(0, [start])], set()
    while heap:
        length, way = heapq.heappop(heap)
        here = way[-1]
        if here == goal:
            return length, way
        if here not in done:
            done.add(here)
            for there, more in leaving.get(here, []):
                heapq.heappush(heap, (length + more, [*way, there]))
    raise LookupError
