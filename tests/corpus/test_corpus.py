"""The corpus of programs: what others say they must answer, and the same bytes wherever they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus.case import PROGRAMS, Case, Raises, job_of, load
from corpus.cases import CASES
from corpus.elsewhere import jobs_text, outcomes_of
from eth_abi.abi import encode

from chainboy.consensus.outcome import Outcome, Status
from chainboy.doctor import lint
from chainboy.sandbox.wasm import WasmSandbox

FUEL = Path(__file__).with_name("fuel.json")
"""The fuel of each case; written anew with ``CHAINBOY_RECORD=1``."""

pytestmark = pytest.mark.xdist_group("corpus")

Runs = Callable[[list[Case]], list[Outcome]]
"""Outcomes of cases, in their order, in one sandbox and its surroundings."""

AWAY = {
    "LC_ALL": "tr_TR.UTF-8",
    "TZ": "Pacific/Chatham",
    "PYTHONHASHSEED": "7",
    "PYTHONUTF8": "0",
    "UMASK": "077",
}
BARE = {"LC_ALL": "C", "TZ": "America/St_Johns", "PYTHONHASHSEED": "31337", "PYTHONUTF8": "1", "UMASK": "000"}
LOUD = {"LANG": "ja_JP.eucJP", "TZ": ":nowhere", "PYTHONHASHSEED": "random", "COLUMNS": "20", "UMASK": "027"}
SETTINGS = {"away": AWAY, "bare": BARE, "loud": LOUD}
"""Surroundings that differ in all that a machine may differ in."""


def elsewhere(kind: str, setting: dict[str, str], folder: Path) -> Runs:
    """Runs in a process started in ``folder`` with that environment and file mode mask, and nothing else."""
    kept = {key: os.environ[key] for key in ("PYTHONPATH", "XDG_CACHE_HOME") if key in os.environ}
    home = {"HOME": os.environ.get("HOME", "/")} if kind == "wasm" else {}  # where compiled code is kept

    def runs(cases: list[Case]) -> list[Outcome]:
        done = subprocess.run(
            [sys.executable, "-B", Path(__file__).with_name("elsewhere.py"), kind],
            input=jobs_text([job_of(each) for each in cases]),
            capture_output=True,
            check=False,
            cwd=folder,
            env={"PATH": os.defpath, **kept, **setting, **home},
            umask=int(setting["UMASK"], 8),
        )
        assert done.returncode == 0, done.stderr.decode()
        return outcomes_of(done.stdout)

    return runs


@pytest.fixture(scope="module")
def here() -> dict[str, Outcome]:
    """The outcome of every case in the WebAssembly sandbox, in this process."""
    sandbox = WasmSandbox()
    return {name: sandbox.run(job_of(each)).outcome for name, each in CASES.items()}


def test_every_program_has_a_case() -> None:
    """None is in the examples without an expectation."""
    programs = {str(path.relative_to(PROGRAMS).with_suffix("")) for path in PROGRAMS.rglob("*.py")}
    assert programs == {each.program for each in CASES.values()}
    assert len(programs) >= 25


@pytest.mark.parametrize("name", CASES)
def test_expected(name: str, here: dict[str, Outcome]) -> None:
    """The outcome is what the independent source says, to the bit."""
    each, outcome = CASES[name], here[name]
    if isinstance(each.expected, Raises):
        assert (outcome.status, outcome.payload) == (Status.RAISED, each.expected.name.encode())
    else:
        assert outcome.status is Status.OK, outcome.payload
        assert outcome.payload == encode(load(each.program).outputs, returned(each))


def returned(each: Case) -> tuple[Any, ...]:
    """The values that a case expects."""
    return each.expected if len(load(each.program).outputs) > 1 else (each.expected,)


@pytest.mark.parametrize("program", sorted({each.program for each in CASES.values()}))
def test_examined(program: str) -> None:
    """``chainboy program check`` has nothing to say, not even a warning."""
    assert lint(load(program).source) == ()


def test_fuel(here: dict[str, Outcome]) -> None:
    """Each case takes the fuel it always took."""
    fuel = {name: outcome.fuel for name, outcome in here.items()}
    if "CHAINBOY_RECORD" in os.environ:
        FUEL.write_text(json.dumps(fuel, indent=1) + "\n")
    assert fuel == json.loads(FUEL.read_text())


@pytest.mark.parametrize("setting", SETTINGS)
def test_metered_anywhere(setting: str, here: dict[str, Outcome], tmp_path: Path) -> None:
    """Byte-equal outcomes in WebAssembly: status, fuel and payload."""
    runs = elsewhere("wasm", SETTINGS[setting], tmp_path)
    assert dict(zip(CASES, runs([*CASES.values()]), strict=True)) == here


@pytest.mark.parametrize("setting", SETTINGS)
def test_unmetered_anywhere(setting: str, here: dict[str, Outcome], tmp_path: Path) -> None:
    """The same status and payload in a plain Python, of another version even."""
    agree_but_for_fuel(elsewhere("python", SETTINGS[setting], tmp_path), CASES, here)


def agree_but_for_fuel(runs: Runs, cases: dict[str, Case], here: dict[str, Outcome]) -> None:
    """All that an unmetered sandbox has in common with a metered one."""
    found = zip(cases, runs([*cases.values()]), strict=True)
    assert {name: (o.status, o.payload) for name, o in found} == {
        name: (here[name].status, here[name].payload) for name in cases
    }
