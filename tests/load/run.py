"""A surge of requests: ``python tests/load/run.py --requests 10000 --nodes 20`` prints what came of it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fleet import fleet
from surge import Outcome, Surge


def lines(nodes: int, answers: int, outcome: Outcome) -> list[str]:
    """What there is to tell."""
    found, seconds = outcome.commitments.total(), outcome.seconds
    complete = sum(count == answers for count in outcome.commitments.values())
    memory = (outcome.idle, outcome.early, outcome.half, outcome.late)
    idle, early, half, late = (max(sizes) // 1024 for sizes in memory)
    return [
        f"requests: {outcome.requests} in {outcome.blocks} blocks",
        f"nodes: {nodes}, of which {answers} answer each request",
        f"requests in a node's journal: {min(outcome.known)} to {max(outcome.known)}",
        f"commitments: {found} of {outcome.requests * answers}; requests with all of theirs: {complete}",
        f"entries skipped: {outcome.skipped}",
        f"from the last request to the last commitment: {seconds:.0f} s, {found / seconds:.1f} a second",
        f"floor, one round trip and one signature: {1_000 * outcome.floor:.2f} ms",
        f"time of a commitment over the floor: {outcome.ratio:.1f}",
        f"memory of a node: {idle} MiB idle, {early} at a tenth, {half} at half, {late} at the end",
        f"growth of any since half, at most: {outcome.growth:.2f}",
    ]


def main() -> None:
    """Run, print, and fail if a request was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--answers", type=int, default=1, help="nodes that answer each request")
    parser.add_argument("--block-seconds", type=float, default=1.0)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # and nothing stays behind
    with (
        tempfile.TemporaryDirectory(prefix="chainboy-load-") as folder,
        fleet(given.nodes, given.answers, Path(folder)) as made,
    ):
        surge = Surge(made, given.requests, block_seconds=given.block_seconds)
        outcome = surge.run(given.requests * given.answers, lambda line: print(line, flush=True))
    print("\n".join(lines(given.nodes, given.answers, outcome)))
    missed = given.requests * given.answers - outcome.commitments.total()
    uneven = set(outcome.commitments.values()) != {given.answers}
    if missed or uneven or min(outcome.known) < given.requests:
        sys.exit("commitments are missing, or there are too many")


if __name__ == "__main__":
    main()
