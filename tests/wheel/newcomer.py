"""Does with the built wheel what a newcomer does: installs wheels only, runs the demo, checks its proofs.

Usage: ``python newcomer.py FOLDER_WITH_ONE_WHEEL``; exits with a sentence where something is not as promised.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

DEMO_SECONDS = 60
TASKS = 5


def main(folder: Path) -> None:
    """Install, demonstrate, verify, tamper, verify."""
    (wheel,) = folder.glob("*.whl")
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        venv.create(home / "venv", with_pip=True)
        binaries = home / "venv" / "bin"
        run(binaries / "pip", "install", "--quiet", "--only-binary", ":all:", str(wheel))
        run(binaries / "chainboy", "demo", "--directory", str(home / "warm"))
        started = time.monotonic()
        report = json.loads(run(binaries / "chainboy", "demo", "--json", "--directory", str(home / "demo")))
        seconds = time.monotonic() - started
        print(f"the demo took {seconds:.0f} s; it should take no more than {DEMO_SECONDS} on an idle machine")
        expect(len(report["tasks"]) >= TASKS, "the demo shows too few tasks")
        for task in report["tasks"]:
            check(task, binaries / "chainboy")


def check(task: dict[str, object], chainboy: Path) -> None:
    """The rewards add up to the price; the proof holds, and fails with one byte changed."""
    winners = task["winners"]
    assert isinstance(winners, list)
    paid = sum(int(winner["reward"]) for winner in winners)
    total = paid + int(str(task["treasury"])) + int(str(task["dust"]))
    expect(total == int(str(task["price"])), f"task {task['task_id']}: {total} wei paid of {task['price']}")
    proof = Path(str(task["proof"]))
    run(chainboy, "verify", str(proof))
    text = bytearray(proof.read_bytes())
    middle = len(text) // 2
    text[middle] ^= 1
    proof.with_suffix(".changed.json").write_bytes(text)
    changed = subprocess.run(
        [chainboy, "verify", proof.with_suffix(".changed.json")], capture_output=True, text=True, check=False
    )
    expect(changed.returncode == 1, f"a proof with byte {middle} changed was accepted")
    expect("Traceback" not in changed.stderr, "a bad proof shows a traceback")


def run(*command: str | Path) -> str:
    """What ``command`` prints; it must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == 0, f"{Path(command[0]).name} {command[1]} ended with code {done.returncode}")
    return done.stdout


def expect(condition: bool, sentence: str) -> None:
    """Exit with ``sentence`` unless ``condition``."""
    if not condition:
        sys.exit(sentence)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
