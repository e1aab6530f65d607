"""A program to begin from: what is written, where, and what is never written over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chainboy.doctor.scaffold import write_program
from chainboy.errors import ConfigError
from chainboy.programs.program import Program


@pytest.mark.parametrize(
    ("where", "name", "written"),
    [
        ("median", None, ["median/median.py", "median/test_median.py"]),
        ("deep/down", "best_of", ["deep/down/best_of.py", "deep/down/test_best_of.py"]),
        ("a.py", None, ["a.py", "test_a.py"]),
        ("deep/a.py", "a", ["deep/a.py", "deep/test_a.py"]),
    ],
)
def test_two_files(tmp_path: Path, where: str, name: str | None, written: list[str]) -> None:
    """In a folder or beside each other, under their own name."""
    paths = write_program(tmp_path / where, name)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == written
    assert Program.from_file(paths[0]).outputs == ("uint256",)
    for path in paths:
        assert "NAME" not in path.read_text("utf-8")
        assert paths[0].name in path.read_text("utf-8")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """If one of the two is there, neither is written."""
    (tmp_path / "test_mine.py").write_text("precious")
    for where, name in ((tmp_path / "mine.py", None), (tmp_path, "mine")):
        with pytest.raises(ConfigError, match=r"test_mine\.py is there already"):
            write_program(where, name)
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("x", "Upper"),
        ("x", "with-dash"),
        ("x", "class"),
        ("x", "../up"),
        ("x", "1st"),
        ("Class.py", None),
        ("a.py", "b"),
    ],
)
def test_names(tmp_path: Path, where: str, name: str | None) -> None:
    """Those of modules, lower-case; a file has the program's."""
    with pytest.raises(ConfigError):
        write_program(tmp_path / where, name)
    assert list(tmp_path.iterdir()) == []


def test_its_own_test_passes(tmp_path: Path) -> None:
    """As its author would run it."""
    write_program(tmp_path / "begun")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
    assert done.stderr == ""
