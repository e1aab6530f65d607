"""What is known against the packages that ChainBoy uses: ``python tests/audit/audit.py [--require]``.

Asks OSV for the Python packages that are installed here, and npm's registry for those in lock files; both
need the internet. What could not be asked is said, and with ``--require`` that is a failure. Pins and
reviewed exceptions are checked without any network. The exit code is 1 for whatever has to be done.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
NODE_PACKAGES = ("contracts", "tests/independent", "tests/ipfs")

EXACT = re.compile(r"\d+\.\d+\.\d+(-[\w.]+)?")
REGISTRY = "https://registry.npmjs.org/"

Run = Callable[[Sequence[str], Path], tuple[str, str]]
"""Runs a command in a folder; what it printed, and what it complained."""


class Told(NamedTuple):
    """One line of the report: ``wrong``, or at least not ``asked``."""

    text: str
    wrong: bool = False
    asked: bool = True


def exceptions(text: str, today: dt.date) -> tuple[dict[str, str], list[Told]]:
    """The reasons of those that hold, by id, and what is wrong with the others."""
    held, told = {}, []
    for each in tomllib.loads(text).get("exception", []):
        if each["expires"] < today:
            ended = f"the exception for {each['id']} ended on {each['expires']}; review it"
            told.append(Told(ended, wrong=True))
        else:
            held[each["id"]] = each["reason"]
    return held, told


def python_packages(run: Run, excepted: Mapping[str, str]) -> Iterator[Told]:
    """All that is installed beside this interpreter, asked of OSV."""
    command = [sys.executable, "-m", "pip_audit", "-s", "osv", "-f", "json", "--progress-spinner", "off"]
    out, complaint = run(command, ROOT)
    try:
        found = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        yield Told(f"the Python packages were NOT audited: {last_line(complaint)}", asked=False)
        return
    skipped = [each["name"] for each in found if "skip_reason" in each and each["name"] != "chainboy"]
    if skipped:
        yield Told(f"NOT audited, for OSV does not know them: {', '.join(skipped)}", asked=False)
    yield Told(f"{len(found) - len(skipped)} Python packages were asked about")
    for each in found:
        for flaw in each.get("vulns", []):
            names = {flaw["id"], *flaw.get("aliases", [])}
            yield from judged(f"{each['name']} {each['version']}", names, excepted)


def node_packages(run: Run, excepted: Mapping[str, str]) -> Iterator[Told]:
    """All in lock files, asked of npm's registry."""
    for name in NODE_PACKAGES:
        if not (ROOT / name / "package-lock.json").exists():
            continue
        out, complaint = run(["npm", "audit", "--package-lock-only", "--json"], ROOT / name)
        try:
            flaws = json.loads(out)["vulnerabilities"]
        except (ValueError, KeyError, TypeError):
            yield Told(f"the packages of {name} were NOT audited: {last_line(complaint)}", asked=False)
            continue
        yield Told(f"the lock file of {name} was asked about")
        for package, flaw in flaws.items():
            urls = [via["url"] for via in flaw["via"] if isinstance(via, dict)]
            for url in urls:
                yield from judged(f"{package} of {name}", {url.rpartition("/")[2]}, excepted)


def judged(what: str, names: set[str], excepted: Mapping[str, str]) -> Iterator[Told]:
    """One advisory, under all of its names."""
    reasons = [excepted[name] for name in names if name in excepted]
    shown = ", ".join(sorted(names))
    if reasons:
        yield Told(f"{what}: {shown}, excepted: {reasons[0]}")
    else:
        yield Told(f"{what} has {shown}; update it, or review and except it", wrong=True)


def pins(folder: Path) -> Iterator[Told]:
    """Packages of Node are named with their exact version, and locked with the hash of what they are."""
    wanted: dict[str, Any] = json.loads((folder / "package.json").read_text())
    for kind in ("dependencies", "devDependencies"):
        for name, version in wanted.get(kind, {}).items():
            if not EXACT.fullmatch(version):
                yield Told(f"{folder.name}: {name} is {version!r}, no exact version; pin it", wrong=True)
    lock = folder / "package-lock.json"
    if lock.exists():
        for name, each in json.loads(lock.read_text())["packages"].items():
            genuine = each.get("resolved", REGISTRY).startswith(REGISTRY) and "integrity" in each
            if name and not (genuine or each.get("inBundle")):
                yield Told(f"{folder.name}: {name} is locked without its hash; lock it anew", wrong=True)


def report(run: Run, today: dt.date) -> Iterator[Told]:
    """Everything."""
    excepted, told = exceptions(EXCEPTIONS.read_text(), today)
    yield from told
    for name in NODE_PACKAGES:
        yield from pins(ROOT / name)
    yield from python_packages(run, excepted)
    yield from node_packages(run, excepted)


def last_line(text: str) -> str:
    """The line that tells most of a complaint."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1][:300] if lines else "nothing was answered"


def really(command: Sequence[str], folder: Path) -> tuple[str, str]:
    """Run it."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout, done.stderr


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description="Audit what ChainBoy depends on.")
    parser.add_argument("--require", action="store_true", help="fail if something could not be asked")
    required = parser.parse_args().require
    told = list(report(really, dt.datetime.now(dt.UTC).date()))
    for each in told:
        print("WRONG" if each.wrong else "ok   " if each.asked else "?    ", each.text)
    return int(any(each.wrong or (required and not each.asked) for each in told))


if __name__ == "__main__":
    sys.exit(main())
