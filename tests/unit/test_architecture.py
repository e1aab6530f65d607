"""Rules that no single file shows: arrows go one way, modules say what they are for, and stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import chainboy

ROOT = Path(chainboy.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

GROUND = {"units", "errors"}
"""What everybody may know; it knows nobody else."""

PLAIN = GROUND | {"cid", "abi", "consensus"}
"""Values and pure functions."""

SERVICES = PLAIN | {"programs", "content", "sandbox", "sources", "events", "chain", "contracts"}
"""All that a node and a requester are built from; they meet through nothing else."""

MAY_KNOW: Mapping[str, set[str]] = {
    "units": set(),
    "errors": set(),
    "cid": GROUND,
    "abi": GROUND,
    "consensus": GROUND,
    "tables": GROUND | {"consensus"},
    "secret": GROUND,
    "atomic": set(),
    "web": GROUND,
    "programs": PLAIN,
    "events": PLAIN | {"secret", "tables", "web"},
    "content": PLAIN | {"atomic", "tables"},
    "sandbox": PLAIN | {"atomic", "programs", "secret", "tables"},
    "chain": PLAIN | {"events", "secret", "tables"},
    "contracts": PLAIN | {"events", "chain"},
    "logs": set(),
    "service": GROUND | {"logs"},
    "sources": PLAIN | {"programs", "tables"},
    "networks": GROUND | {"atomic", "consensus", "events", "chain", "contracts", "tables"},
    "plugins": GROUND | {"tables", "content", "events", "sandbox"},
    "checkpoints": GROUND | {"consensus", "events", "chain", "contracts"},
    "tasks": SERVICES | {"checkpoints"},
    "pool": GROUND | {"consensus", "sandbox", "tables"},
    "runner": PLAIN
    | {"logs", "plugins", "pool", "programs", "sandbox", "secret", "service", "tables", "web"},
    "doctor": SERVICES | {"tasks"},
    "explain": SERVICES | {"doctor"},
    "node": SERVICES
    | {"checkpoints", "logs", "plugins", "pool", "secret", "tables", "networks", "service", "web"},
    "serverless": GROUND
    | {"atomic", "chain", "events", "logs", "node", "pool", "sandbox", "secret", "tables", "web"},
    "relay": PLAIN | {"events", "chain", "contracts", "checkpoints", "tables", "networks", "service", "web"},
    "testing": SERVICES
    | {"checkpoints", "pool", "networks", "node", "relay", "serverless", "tasks", "web"},
    "pytest_plugin": {"testing"},
    "demo": SERVICES | {"checkpoints", "node", "tasks", "testing"},
    "cli": SERVICES
    | {"doctor", "explain", "logs", "tables", "networks", "node", "relay", "runner"}
    | {"service", "tasks", "testing", "demo"},
    "__init__": {"errors", "programs", "tasks"},
}
"""Each part of the package, in the order in which data flows, and the parts that it may import from."""

GUESTS = {
    "sandbox/guest/app.py": "runs inside the artifact, where `chainboy` is a stub of its own",
    "doctor/template/program_test.py": "is a test of whoever begins a program: it imports what they would",
    "demo/programs/exchange_rate.py": "is a program: `from chainboy import values` means the sandbox's",
    "demo/programs/euro_rates.py": "is a program: `from chainboy import files` means the sandbox's",
}
"""Files whose imports are not resolved in this package."""

MOST_LINES = 400


def name_of(path: Path) -> str:
    """The file's path inside the package."""
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(source: str) -> Iterator[str]:
    """The parts that a module imports from, wherever in it: lazily and for types alone, too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "a relative import stays in its folder"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("chainboy."))


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("import chainboy.node.runner", ["node"]),
        ("from chainboy import tasks", ["tasks"]),
        ("from chainboy.chain.client import Chain, connect", ["chain", "chain"]),
        ("def f():\n    from chainboy.cli import main", ["cli"]),
        ("if TYPE_CHECKING:\n    import chainboy.demo", ["demo"]),
        ("import chainboyish.node, web3\nfrom os import path\nfrom . import sibling", []),
    ],
)
def test_imports_are_found(source: str, parts: list[str]) -> None:
    """The reader of imports sees every form of one."""
    assert list(imported_parts(source)) == parts


def test_every_part_has_its_place() -> None:
    """A new folder or module at the top needs a line in the table, and the table has no dead ones."""
    assert {part_of(path) for path in MODULES} == set(MAY_KNOW)


def test_arrows_go_one_way() -> None:
    """The table has no circle, so data flows through the package in one direction."""
    seen: set[str] = set()
    while wave := {part for part, known in MAY_KNOW.items() if known <= seen} - seen:
        seen |= wave
    assert seen == set(MAY_KNOW)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_knows_only_what_it_may(path: Path) -> None:
    """No import against the arrows, not even a lazy one or one for types."""
    if name_of(path) in GUESTS:
        return
    part = part_of(path)
    assert set(imported_parts(path.read_text("utf-8"))) - {part} <= MAY_KNOW[part]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    """The first line of each ends with a full stop; a blank line follows it."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring
    first, *rest = docstring.splitlines()
    assert first.endswith(".")
    assert rest[:1] in ([], [""])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_small(path: Path) -> None:
    """What does not fit is two modules."""
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


def test_guests_are_there() -> None:
    """An exception that nothing needs is removed."""
    assert set(GUESTS) <= {name_of(path) for path in MODULES}
