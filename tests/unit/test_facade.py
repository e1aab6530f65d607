"""The facade: a short list of names, each found at its home, and nothing heavy loaded to offer them."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import chainboy
import chainboy.consensus

HEAVY = (
    *("web3", "eth_account", "eth_tester", "eth", "wasmtime"),
    *("aiohttp", "requests", "httpx", "ipfshttpclient"),
    *("pytest", "hypothesis"),
)
CONSENSUS = sorted(
    f"chainboy.consensus.{path.stem}" for path in Path(chainboy.consensus.__file__).parent.glob("[!_]*.py")
)


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def homes() -> dict[str, str]:
    """Each name of the facade and the module that type checkers are told it comes from."""
    tree = ast.parse(Path(chainboy.__file__).read_text("utf-8"))
    told = next(node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    return {
        alias.name: str(node.module)
        for node in told.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_names_are_sorted_and_unique() -> None:
    """A reader finds a name where the alphabet puts it."""
    assert sorted(set(chainboy.__all__)) == chainboy.__all__


def test_type_checkers_are_told_the_same_names() -> None:
    """What is exported at run time is what is imported for types."""
    assert sorted(homes()) == chainboy.__all__


@pytest.mark.parametrize("name", chainboy.__all__)
def test_each_name_is_the_one_of_its_home(name: str) -> None:
    """The facade hands on, it never wraps; and says so in ``dir``."""
    assert getattr(chainboy, name) is getattr(importlib.import_module(homes()[name]), name)
    assert name in dir(chainboy)


def test_names_are_what_a_star_import_brings() -> None:
    """All of them resolve, and nothing else comes along."""
    code = "names = {}\nexec('from chainboy import *', names)\nprint(sorted(set(names) - {'__builtins__'}))"
    assert ast.literal_eval(run(code)) == chainboy.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module, with the name in the message."""
    with pytest.raises(AttributeError, match="'chainboy' has no attribute 'programm'"):
        _ = chainboy.programm


@pytest.mark.parametrize(
    "modules",
    [
        ["chainboy"],
        ["chainboy.errors", "chainboy.units", "chainboy.abi", "chainboy.cid"],
        CONSENSUS,
        ["chainboy.programs", "chainboy.content", "chainboy.events", "chainboy.sandbox"],
        ["chainboy.contracts", "chainboy.tasks"],
        ["chainboy.doctor"],
        ["chainboy.node.machine", "chainboy.node.runner", "chainboy.node.config"],
        ["chainboy.cli"],
    ],
    ids=lambda modules: modules[0],
)
def test_importing_loads_nothing_heavy(modules: list[str]) -> None:
    """Chain libraries, accounts and the sandbox's engine wait until they are used."""
    code = f"import sys, {', '.join(modules)}\nprint([name for name in {HEAVY} if name in sys.modules])"
    assert run(code).strip() == "[]"


@pytest.mark.parametrize(
    "before",
    ["", "import chainboy.programs", "import chainboy.programs.decorator, chainboy.programs.program"],
)
def test_program_is_the_decorator(before: str) -> None:
    """No module of a similar name takes its place, in whatever order things are imported."""
    code = f"{before}\nfrom chainboy import program\nimport chainboy.programs.program\nimport chainboy\n"
    code += "print(program is chainboy.program is chainboy.programs.decorator.program, callable(program))"
    assert run(code).strip() == "True True"


def test_the_package_is_typed() -> None:
    """Type checkers of users believe its annotations."""
    assert (Path(chainboy.__file__).parent / "py.typed").is_file()
