"""Measures what each step costs on a real chain, and holds it against the goals and the snapshot.

    python tests/benchmarks/gas.py [--backend anvil|embedded] [--hardfork london] [--write | --check]

anvil comes with ``npm install`` in contracts/. Gas is exact: ``--check`` fails when any figure, or the
size of any contract, is not the snapshot's. The embedded chain follows newer rules and differs only in what
creating a contract costs (2 gas for each word of its code, EIP-3860).
"""

from __future__ import annotations

import argparse
import sys

import snapshot
from stage import backend_maker
from steps import measure


def main() -> int:
    """Measure, show, and write or check; the exit code."""
    parser = argparse.ArgumentParser(description="Measure what each step costs.")
    parser.add_argument("--backend", choices=("anvil", "embedded"), default="anvil")
    parser.add_argument("--hardfork", default="london", help="rules of anvil's chain")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="keep the figures in contracts/snapshots")
    what.add_argument("--check", action="store_true", help="fail unless they are the ones kept")
    options = parser.parse_args()
    rows = list(measure(backend_maker(options.backend, options.hardfork)))
    print(snapshot.table(rows))
    if options.write:
        snapshot.write(rows, options.hardfork)
    if not options.check:
        return 0
    changed = snapshot.differences(rows)
    if changed:
        print("", *changed, snapshot.HINT, sep="\n", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
