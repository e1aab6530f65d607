"""The unit for systemd: it starts what there is, and does not start a wrong configuration again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from chainboy.cli.main import cli
from chainboy.service import FAILED, MISUSED

UNIT = Path(__file__).parents[3] / "examples" / "systemd" / "chainboy-node.service"


@pytest.fixture
def unit() -> dict[str, str]:
    """Its keys."""
    lines = (line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def test_it_starts_the_command(unit: dict[str, str], tmp_path: Path) -> None:
    """With options that the command takes."""
    _, *arguments = shlex.split(unit["ExecStart"])
    arguments[-1] = str(tmp_path / "none.toml")
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == MISUSED
    assert "none.toml' does not exist" in ended.stderr


def test_it_starts_again_what_failed_and_not_what_is_wrong(unit: dict[str, str]) -> None:
    """By their exit codes."""
    assert unit["Restart"] == "on-failure"
    assert unit["RestartPreventExitStatus"] == str(MISUSED) != str(FAILED)
