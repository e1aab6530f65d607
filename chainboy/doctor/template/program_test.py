"""Runs NAME.py in the sandbox that nodes use; its outcome there is the outcome everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainboy import Program
from chainboy.doctor import dry_run, lint
from chainboy.sandbox.wasm import WasmSandbox

PROGRAM = Program.from_file(Path(__file__).with_name("NAME.py"))


@pytest.fixture(scope="module")
def sandbox() -> WasmSandbox:
    """One for all tests, for it takes a moment to load."""
    return WasmSandbox()


@pytest.mark.parametrize(
    ("values", "median"), [([7], 7), ([3, 1, 2], 2), ([4, 1], 2), ([2**256 - 1] * 2, 2**256 - 1)]
)
def test_median(sandbox: WasmSandbox, values: list[int], median: int) -> None:
    """The number in the middle, without overflow."""
    assert dry_run(PROGRAM, {"values": values}, sandboxes=[sandbox]).value == median


def test_nothing_has_no_median(sandbox: WasmSandbox) -> None:
    """A program that raises has an outcome, too: the name of what it raised."""
    assert dry_run(PROGRAM, {"values": []}, sandboxes=[sandbox]).outcome.payload == b"ValueError"


def test_the_doctor_finds_nothing() -> None:
    """No rule of deterministic programs is broken."""
    assert lint(PROGRAM.source) == ()
