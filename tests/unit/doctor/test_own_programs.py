"""Every program that comes with ChainBoy is in good health."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainboy.demo
from chainboy.doctor import Severity, lint
from chainboy.doctor.scaffold import write_program
from chainboy.programs.decorator import ProgramFunction
from chainboy.testing.sandbox_cases import Case
from chainboy.testing.sandbox_friendly import FRIENDLY
from chainboy.testing.sandbox_stdlib import STDLIB

ROOT = Path(__file__).resolve().parents[3]
PLACES = (Path(chainboy.demo.__file__).parent / "programs", ROOT / "examples")
PROGRAMS = [
    file
    for place in PLACES
    for file in sorted(place.rglob("*.py"))
    if "# /// chainboy" in file.read_text("utf-8").splitlines()
]
SCRIPTS = [file for file in sorted((ROOT / "examples").glob("*.py")) if file not in PROGRAMS]


def errors(source: bytes) -> list[str]:
    """What would make a program fail."""
    return [str(finding) for finding in lint(source) if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_program_files(file: Path) -> None:
    """Those of the demo, and all examples that are programs themselves."""
    assert errors(file.read_bytes()) == []


def decorated(script: Path) -> Iterator[str]:
    """Each function that a script makes a program of, as a module that does only that."""
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef) or len(node.decorator_list) != 1:
            continue
        decorator = node.decorator_list[0]
        if isinstance(decorator, ast.Call) and isinstance(decorator.keywords[0].value, ast.Dict):
            files = [ast.literal_eval(key) for key in decorator.keywords[0].value.keys if key is not None]
        elif isinstance(decorator, ast.Name):
            files = []
        else:
            continue
        node.decorator_list = []
        given = dict.fromkeys(files, b"")
        yield (
            "from chainboy import program\nfrom chainboy.abi import *\n\n"
            f"@program(files={given!r})\n{ast.unparse(node)}\n"
        )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
def test_functions_of_examples(script: Path, tmp_path: Path) -> None:
    """Those that a decorator makes programs of."""
    for number, source in enumerate(decorated(script)):
        path = tmp_path / f"made{number}.py"
        path.write_text(source, "utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made = [each for each in vars(module).values() if isinstance(each, ProgramFunction)]
        assert len(made) == 1
        assert errors(made[0].program.source) == []


def test_the_examples_have_functions() -> None:
    """The finder of functions finds some."""
    assert sum(1 for script in SCRIPTS for _ in decorated(script)) >= 3
    assert len(PROGRAMS) >= 3


@pytest.mark.parametrize("case", [*FRIENDLY, *STDLIB], ids=str)
def test_programs_of_the_conformance_suite(case: Case) -> None:
    """What returns in every sandbox has no errors, but in its block, which is not whole."""
    runtime = b'# /// chainboy\n# runtime = "cpython-wasm:1"\n'
    source = case.job().program.replace(b"# /// chainboy\n", runtime, 1)
    if case.metered.status == 0:
        spared = ("[metadata]", "[undeclared-data]")
        assert [each for each in errors(source) if not any(rule in each for rule in spared)] == []


def test_the_template(tmp_path: Path) -> None:
    """What a newcomer begins with has not even a warning."""
    program, _ = write_program(tmp_path / "begun")
    assert lint(program.read_bytes()) == ()
