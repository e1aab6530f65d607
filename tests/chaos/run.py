"""A storm as long as you like: ``python tests/chaos/run.py --tasks 1000 --seed 1`` prints its counts."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from report import told
from storm import Plan, storm


def main() -> None:
    """Run, print, and fail if anything does not hold; the nodes' folders then stay for whoever looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--every", type=int, default=2, help="blocks between two requests")
    parser.add_argument("--deal", type=int, default=1, help="blocks between two disasters")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # and nothing stays behind
    folder = Path(tempfile.mkdtemp(prefix="chainboy-chaos-"))
    with storm(Plan(**vars(given)), folder) as run:
        chronicle = run.run(lambda line: print(line, flush=True))
        logs = [member.log for member in run.members]
    lines, faults = told(run, chronicle)
    print("\n".join(lines))
    if faults:
        for index, log in enumerate(logs):
            (folder / f"node{index}.log").write_text(log)
        sys.exit("\n".join([*faults, f"the nodes' folders are in {folder}"]))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
