"""Measures what happens off chain, each against a yardstick timed in the same run.

    python tests/benchmarks/ratios.py [sandbox] [containers] [votes] [import] [pools] [tasks] [chain]

Names choose parts; without any, all are measured. ``votes`` needs NumPy, ``chain`` anvil (``npm install`` in
contracts/); it and ``tasks`` need Linux, for memory; ``containers`` needs what the tests of Docker need: it
starts an engine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import computing
import containers
import onchain
import pools
from paired import Ratio
from stage import backend_maker

PARTS: dict[str, Callable[[], Iterator[Ratio]]] = {
    "sandbox": computing.sandbox,
    "containers": containers.measure,
    "votes": computing.votes,
    "import": computing.importing,
    "pools": pools.throughput,
    "tasks": pools.memory,
    "chain": lambda: onchain.measure(backend_maker("anvil", "london")),
}


def main(names: list[str]) -> int:
    """Measure the parts named and show each figure; 2 for a name that is none."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"there is no part {', '.join(unknown)}; use {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for name in names or PARTS:
        for ratio in PARTS[name]():
            print(ratio, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
