"""The long run: ``cd tests && python -m fuzz [--minutes 10] [TARGET …]``, in need of ``pip install atheris``.

The minutes are of CPU and shared by the targets. What was done is recorded in ``record.json``, inputs that
reached something new in ``kept``. The exit code is the number of findings; their inputs lie in the folder
that is named at the end.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fuzz import kept
from fuzz.mutate import mutations
from fuzz.target import Target
from fuzz.targets import TARGETS


def main() -> int:
    """Run the targets that were asked for."""
    parser = argparse.ArgumentParser(description="Fuzz what reads bytes of strangers.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    asked = parser.parse_args()
    names = asked.targets or [*TARGETS]
    folder = Path(tempfile.mkdtemp(prefix="chainboy-fuzz-"))
    record = json.loads(kept.RECORD.read_text()) if kept.RECORD.exists() else {}
    for name in names:
        run = guided if TARGETS[name].guided else unguided
        record[name] = run(TARGETS[name], asked.minutes * 60 / len(names), folder)
        print(name, record[name])
        kept.RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    found = sum(record[name]["findings"] for name in names)
    print(f"{found} findings; their inputs are in {folder}" if found else "no findings")
    return int(found)


def guided(target: Target, seconds: float, folder: Path) -> dict[str, Any]:
    """Led by coverage, in processes of its own, until the seconds of CPU are used up."""
    inputs = folder / target.name
    inputs.mkdir()
    for i, seed in enumerate((*target.seeds, *kept.load(target.name))):
        (inputs / f"seed-{i}").write_bytes(seed)
    began = cpu_of_children()
    runs, failed = 0, False
    figures: tuple[str, ...] = ()
    while not failed and (left := seconds - (cpu_of_children() - began)) >= 1:
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.guided", target.name, str(round(left)), inputs],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
        )
        failed = done.returncode != 0
        figures = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)[-1]
        runs += int(re.findall(r"^#(\d+)", done.stderr, re.MULTILINE)[-1])
    if failed:
        print(done.stdout[-2000:], done.stderr[-4000:])
    spent = round(cpu_of_children() - began)
    reached = [path.read_bytes() for path in inputs.iterdir()]
    if not failed:
        kept.save(target.name, reached)
    branches, paths, count = map(int, figures)
    return {
        "cpu_seconds": spent,
        "runs": runs,
        "branches": branches,
        "distinct_paths": paths,
        "kept_inputs": count,
        "findings": int(failed),
    }


def unguided(target: Target, seconds: float, folder: Path) -> dict[str, Any]:
    """Mutations only, in this process."""
    began = time.process_time()
    runs = accepted = findings = 0
    for data in mutations(target.seeds, target.tokens, time.time_ns()):
        if time.process_time() - began > seconds or findings:
            break
        runs += 1
        try:
            accepted += target.check(data)
        except Exception as error:  # noqa: BLE001 - a finding, whatever it is
            print(f"{target.name}: {error!r}")
            (folder / f"{target.name}-finding").write_bytes(data)
            findings += 1
    spent = round(time.process_time() - began)
    return {"cpu_seconds": spent, "runs": runs, "accepted": accepted, "findings": findings}


def cpu_of_children() -> float:
    """Seconds of CPU that the processes started here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
