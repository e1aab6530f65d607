"""Every Python snippet of README and docs is type-checked and run, page by page, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"It prints `([^`]*)`")


def snippets(page: Path) -> str:
    """The page's Python blocks as one program."""
    return "\n".join(SNIPPET.findall(page.read_text()))


WITH_SNIPPETS = [page for page in PAGES if snippets(page)]


@pytest.fixture(params=WITH_SNIPPETS, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Path:
    """A page that has Python snippets."""
    path: Path = request.param
    return path


@pytest.fixture
def script(page: Path, tmp_path: Path) -> Path:
    """The page's snippets in a file."""
    path = tmp_path / f"{page.stem.replace('-', '_').lower()}.py"
    path.write_text(snippets(page))
    return path


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the type checker learns of the packages, shared by all pages."""
    return tmp_path_factory.mktemp("types")


def test_snippets_have_types(script: Path, type_cache: Path) -> None:
    """The type checker accepts what the page shows."""
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(type_cache), script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_snippets_run(page: Path, script: Path) -> None:
    """The page's snippets run, and print what the page says they print."""
    done = subprocess.run(
        [sys.executable, "-W", "error", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=script.parent,
    )
    assert done.returncode == 0, done.stderr
    for line in PRINTS.findall(page.read_text()):
        assert line in done.stdout.splitlines()


def test_every_page_is_in_the_navigation() -> None:
    """No page of the docs is lost to its readers."""
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert [page.name for page in PAGES[1:] if page.name not in navigation] == []
