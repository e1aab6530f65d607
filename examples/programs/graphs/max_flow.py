# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["(uint16,uint16,uint64)[] pipes", "uint16 source", "uint16 sink"]
# outputs = ["uint256", "uint16[]"]
# ///
"""The most that can flow through a network of pipes, and the nodes on the source's side of its narrowest cut.

By shortest augmenting paths (Edmonds and Karp). The cut proves the flow: its pipes together carry no more.
"""

from __future__ import annotations

from collections import deque

Room = dict[int, dict[int, int]]
"""What each pipe can still take, backwards as well."""


def main(pipes: list[tuple[int, int, int]], source: int, sink: int) -> tuple[int, list[int]]:
    room: Room = {source: {}, sink: {}}
    for here, there, size in pipes:
        forth, back = room.setdefault(here, {}), room.setdefault(there, {})
        forth[there] = forth.get(there, 0) + size
        back.setdefault(here, 0)
    flow = 0
    while sink in (came := reached(room, source)):
        way = [sink]
        while way[-1] != source:
            way.append(came[way[-1]])
        steps = list(zip(way[1:], way[:-1], strict=True))
        more = min(room[here][there] for here, there in steps)
        for here, there in steps:
            room[here][there] -= more
            room[there][here] += more
        flow += more
    return flow, sorted(came)


def reached(room: Room, source: int) -> dict[int, int]:
    """Every node that more can flow to, and the node before it on a shortest way."""
    came = {source: source}
    queue = deque([source])
    while queue:
        here = queue.popleft()
        for there, left in room[here].items():
            if left and there not in came:
                came[there] = here
                queue.append(there)
    return came
