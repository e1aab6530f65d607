"""Every example runs, without a warning, and prints what it is about."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PRINTS = {
    "currency_windfall.py": "by way of ZAR PLN JPY CHF\n600 of 600 tokens agree",
    "many_at_once.py": "primes: [97]",
    "own_contract.py": "the contract keeps 20",
    "own_data.py": "agreed on:  ('march', 143)\nnot enough: RAISED LookupError",
}

pytestmark = pytest.mark.chain


def test_all_examples_are_here() -> None:
    """No example without its test."""
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize("name", sorted(PRINTS))
def test_example(name: str, tmp_path: Path) -> None:
    """Run as a user runs it, from another directory."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTS[name] in done.stdout
