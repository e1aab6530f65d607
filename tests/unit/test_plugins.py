"""Parts by name, as packages register them: real packages on the path, no mocks of the import system."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from chainboy.content import MemoryStore
from chainboy.errors import ConfigError
from chainboy.plugins import CONTENT_STORES, EVENT_SOURCES, SANDBOXES
from chainboy.tables import Table


def install(folder: Path, package: str, points: dict[str, str], code: str = "") -> None:
    """Make an installed package out of ``code`` in ``folder``, with these content stores."""
    information = folder / f"{package}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (information / "entry_points.txt").write_text("\n".join(["[chainboy.content_stores]", *lines]))
    if code:
        (folder / f"{package}.py").write_text(code)


STORE = """
from chainboy.content import MemoryStore

def configured(table, folder):
    store = MemoryStore()
    store.put(table.take("first", str).encode())
    return store
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages can be installed in."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def tables(**content: dict[str, object]) -> Table:
    """A file whose only table is ``content``."""
    return Table({"content": content}, "node.toml: ").table("content")


def test_a_packages_part_is_made_of_its_table(folder: Path) -> None:
    """It gets its own keys."""
    install(folder, "mine", {"mine": "mine:configured"}, STORE)
    (store,) = CONTENT_STORES.make(tables(mine={"first": "hello"}), folder)
    assert isinstance(store, MemoryStore)
    assert list(store.blobs.values()) == [b"hello"]
    assert "mine" in CONTENT_STORES.names()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"other": {}}, "node.toml: content.other is not known; install its package, or use one of "),
        ({"mine": {}}, "node.toml: content.mine.first is missing"),
        ({"mine": {"first": "x", "more": 1}}, "node.toml: content.mine.more is not known"),
        ({"mine": 7}, "node.toml: content.[mine] is missing or no table"),
        ({"needy": {}}, "node.toml: content.needy cannot be loaded (No module named 'not_there')"),
        ({"empty": {}}, "node.toml: content.empty cannot be loaded"),
    ],
)
def test_what_cannot_be_made(folder: Path, table: dict[str, dict[str, object]], message: str) -> None:
    """Each mistake is one sentence with the key's name."""
    install(folder, "mine", {"mine": "mine:configured"}, STORE)
    install(folder, "needy", {"needy": "needy:configured", "empty": "mine:nothing"}, "import not_there")
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        CONTENT_STORES.make(tables(**table), folder)


def test_two_packages_with_one_name(folder: Path) -> None:
    """Nobody takes a part's name from another package unseen."""
    install(folder, "mine", {"mine": "mine:configured"}, STORE)
    install(folder, "theirs", {"mine": "theirs:configured"}, STORE)
    with pytest.raises(ConfigError, match="is brought by mine and theirs; uninstall one of them"):
        CONTENT_STORES.make(tables(mine={"first": "x"}), folder)


def test_the_packages_own_parts_are_registered_like_others() -> None:
    """Every name of this package loads, and each group has its usual one."""
    for group, usual in ((SANDBOXES, "wasm"), (CONTENT_STORES, "directory"), (EVENT_SOURCES, "polling")):
        assert usual in group.names()
        for point in entry_points(group=group.name):
            assert callable(point.load())
