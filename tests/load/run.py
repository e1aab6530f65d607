"""A surge of requests: ``python tests/load/run.py --requests 10000 --nodes 20`` prints counts, memory, time."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fleet import fleet
from surge import Outcome, Surge


def lines(nodes: int, answers: int, outcome: Outcome) -> list[str]:
    """What there is to tell."""
    expected = outcome.requests * answers
    complete = sum(count == answers for count in outcome.commitments.values())
    return [
        f"{outcome.requests} requests in {outcome.blocks} blocks, {nodes} nodes, {answers} answer each request",
        f"requests in the nodes' journals: at least {min(outcome.known)}, at most {max(outcome.known)}",
        f"commitments: {outcome.commitments.total()} of {expected}; requests with all of theirs: {complete}",
        f"entries skipped: {outcome.skipped}",
        f"from the last final request to the last commitment: {outcome.seconds:.0f} s,"
        f" {outcome.commitments.total() / max(outcome.seconds, 1e-9):.1f} a second",
        f"floor, one round trip and one signature: {1_000 * outcome.floor:.2f} ms",
        f"time a commitment over the floor: {outcome.ratio:.1f}",
        f"memory of a node in MiB: {max(outcome.idle) // 1024} idle, {max(outcome.early) // 1024} at a tenth,"
        f" {max(outcome.late) // 1024} at the end; grown at most {outcome.growth:.2f} times",
    ]


def main() -> None:
    """Run, print, and fail if a request was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--answers", type=int, default=1, help="nodes that answer each request")
    parser.add_argument("--block-seconds", type=float, default=1.0)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="chainboy-load-") as folder,
        fleet(given.nodes, given.answers, Path(folder)) as made,
    ):
        surge = Surge(made, given.requests, block_seconds=given.block_seconds)
        outcome = surge.run(given.requests * given.answers, lambda line: print(line, flush=True))
    print("\n".join(lines(given.nodes, given.answers, outcome)))
    missed = outcome.requests * given.answers - outcome.commitments.total()
    if missed or min(outcome.known) < given.requests:
        sys.exit(f"{missed} commitments are missing")


if __name__ == "__main__":
    main()
