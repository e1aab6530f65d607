"""The mirror is pure: its import graph holds no chain, no network and no files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from unmeasured import environment

import chainboy.consensus

FOLDER = Path(chainboy.consensus.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
ALLOWED = {
    *("__future__", "attrs", "bisect", "chainboy", "collections"),
    *("enum", "eth_hash", "functools", "itertools", "json", "re", "typing"),
}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module))
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports_are_pure(path: Path) -> None:
    """Only codecs, hashes and plain data come in from outside."""
    assert {name.split(".")[0] for name in _imported(path)} <= ALLOWED


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_consensus_knows_nobody_but_units_and_errors(path: Path) -> None:
    """Arrows go one way."""
    inside = {name for name in _imported(path) if name.startswith("chainboy")}
    known = ("chainboy.consensus", "chainboy.units", "chainboy.errors")
    assert all(name.startswith(known) for name in inside)


def test_nothing_heavy_is_loaded() -> None:
    """Importing all of it in a fresh interpreter loads no web3, no accounts, no network, no database."""
    names = [f"chainboy.consensus.{path.stem}" for path in MODULES if path.stem != "__init__"]
    heavy = ("web3", "eth_account", "eth_abi", "aiohttp", "requests", "ssl", "http", "sqlite3", "asyncio")
    code = f"import sys, {', '.join(names)}\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=FOLDER.parents[1],
        env=environment(),
    )
    assert done.stdout.strip() == "[]"


def test_no_module_opens_anything() -> None:
    """No call of ``open``, ``input`` or ``print`` anywhere."""
    for path in MODULES:
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        called = (node.func for node in nodes if isinstance(node, ast.Call))
        named = {func.id for func in called if isinstance(func, ast.Name)}
        assert not named & {"open", "input", "print", "eval", "exec", "__import__"}, path
