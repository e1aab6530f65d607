"""What the programs on graphs are to answer."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from corpus.case import Raises, case

TOWNS = ["Ayr", "Bath", "Cork", "Deal", "Eton", "Fowey", "Goole", "Hythe", "Ilkley", "Jarrow"]
ROADS = [
    (TOWNS[i], TOWNS[j], (i * 31 + j * 17) % 23 * 100 + i + j * j)
    for i in range(10)
    for j in range(10)
    if (i * 3 + j * 5) % 4 == 1 and i != j
]
NEEDS = [
    *[("app", "web"), ("app", "store"), ("web", "http"), ("http", "bytes"), ("store", "bytes")],
    *[("tests", "app"), ("http", "urls")],
]
PIPES = [
    (i, j, (i * 7 + j * 3) % 19 + 1) for i in range(12) for j in range(12) if 0 < (j * 5 - i * 3) % 13 < 4
]
LINKS = [(i, (i * i + k) % 20) for i in range(20) for k in range(i % 4) if (i * i + k) % 20 != i]


def roads() -> Any:
    """The roads as networkx has them."""
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(ROADS)
    return graph


def shortest(start: str, goal: str) -> tuple[int, list[str]]:
    """By networkx; all lengths differ, so there is one shortest way."""
    (way,) = nx.all_shortest_paths(roads(), start, goal, "weight")
    return nx.dijkstra_path_length(roads(), start, goal), way


def order() -> tuple[list[str], int]:
    """By networkx."""
    graph = nx.DiGraph((needed, thing) for thing, needed in NEEDS)
    return list(nx.lexicographical_topological_sort(graph)), nx.dag_longest_path_length(graph) + 1


def flow(source: int, sink: int) -> tuple[int, list[int]]:
    """By networkx; the cut nearest to the source is that of what preflow-push cannot leave."""
    graph = nx.DiGraph()
    for here, there, size in PIPES:
        graph.add_edge(here, there, capacity=size)
    value = nx.maximum_flow_value(graph, source, sink)
    residual = nx.algorithms.flow.preflow_push(graph, source, sink)
    left = nx.DiGraph((u, v) for u, v, pipe in residual.edges(data=True) if pipe["flow"] < pipe["capacity"])
    left.add_node(source)
    return value, sorted({source, *nx.descendants(left, source)})


def ranks(pages: int) -> tuple[list[int], int]:
    """By networkx's matrix and numpy's solver of linear equations."""
    graph = nx.DiGraph(LINKS)
    graph.add_nodes_from(range(pages))
    google = np.asarray(nx.google_matrix(graph, alpha=0.85, nodelist=range(pages)))
    equations = np.vstack([google.T - np.eye(pages), np.ones(pages)])
    solved = np.linalg.lstsq(equations, np.append(np.zeros(pages), 1), rcond=None)[0]
    return [round(float(rank) * 10**6) for rank in solved], int(solved.argmax())


CASES = (
    *(
        case("graphs/shortest_path", ROADS, *ends, gives=shortest(*ends), by="networkx: Dijkstra")
        for ends in [("Ayr", "Jarrow"), ("Cork", "Hythe"), ("Goole", "Goole")]
    ),
    case("graphs/shortest_path", ROADS, "Ayr", "Oz", gives=Raises("LookupError"), by="no road leads there"),
    case("graphs/build_order", NEEDS, gives=order(), by="networkx: lexicographical_topological_sort"),
    case(
        *("graphs/build_order", [*NEEDS, ("bytes", "tests")]),
        gives=Raises("CycleError"),
        by="app, http, bytes, tests and app again",
    ),
    *(
        case("graphs/max_flow", PIPES, *ends, gives=flow(*ends), by="networkx: preflow_push")
        for ends in [(0, 11), (3, 8)]
    ),
    case("graphs/max_flow", [], 0, 1, gives=(0, [0]), by="no pipes"),
    case("graphs/page_rank", 20, LINKS, gives=ranks(20), by="networkx: google_matrix; numpy: lstsq"),
)
