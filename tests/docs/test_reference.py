"""The references of commands and keys say what the code does, and cannot forget any of it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from chainboy.cli.main import cli
from chainboy.contracts.profile import Profile
from chainboy.errors import ConfigError
from chainboy.networks import Network
from chainboy.node.config import NodeConfig
from chainboy.relay.config import RelayConfig
from chainboy.runner.config import RunnerConfig
from chainboy.tables import Table, amount
from chainboy.units import Timestamp

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = ROOT / "examples" / "config"
LOADERS: dict[str, Callable[[Path], object]] = {
    "node": NodeConfig.load,
    "relay": RelayConfig.load,
    "runner": RunnerConfig.load,
    "network": Network.load,
}


@contextmanager
def generating() -> Iterator[Any]:
    """What writes the reference of keys."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generating import configuration, reading, stale  # noqa: PLC0415 - found beside the pages

        yield SimpleNamespace(**{**vars(configuration), **vars(reading), **vars(stale)})
    finally:
        sys.path.remove(str(ROOT / "docs"))


def component(folder: Path, read: Callable[[Table, Path], object], text: str, *parts: str) -> Any:
    """A component whose only annotated file is ``text``."""
    folder.mkdir()
    (folder / "complete.toml").write_text(text)
    with generating() as made:
        return made.Component(folder=folder, title="Mine", read=read, parts=lambda: iter(parts))


def unwritten(made: Any) -> str:
    """Why the reference of that component cannot be written."""
    with generating() as module, pytest.raises(module.Unwritten) as caught:
        module.Reading.of(made)
    return str(caught.value)


def read_price(table: Table, _: Path) -> None:
    """A parser of two keys."""
    policy = table.table("policy")
    policy.take("price", amount)
    policy.take("profit", amount, 7)
    policy.finish()
    table.finish()


PRICE = "# What is answered.\n[policy]\n# (wei) Least price.\nprice = 1\n"


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.toml")), ids=lambda path: "/".join(path.parts[-2:]))
def test_annotated_files_are_good_configurations(path: Path) -> None:
    """They can be copied: what loads a component's file loads them."""
    LOADERS[path.parent.name](path)


def test_a_key_that_nobody_described(tmp_path: Path) -> None:
    """The message has the key, its table, its default, and the file to write it in."""
    told = unwritten(component(tmp_path / "mine", read_price, PRICE))
    assert "mine/complete.toml" in told
    assert "under [policy], or to another file there: `profit = …` (default `7`)" in told


def test_a_key_without_a_comment_or_a_unit(tmp_path: Path) -> None:
    """Each is named."""
    told = unwritten(component(tmp_path / "mine", read_price, PRICE + "profit = 3\n"))
    assert "a comment above policy.profit" in told
    text = PRICE + "# Least profit.\nprofit = 3\n"
    assert "the unit of policy.profit" in unwritten(component(tmp_path / "other", read_price, text))


def test_a_table_that_nobody_described(tmp_path: Path) -> None:
    """A part that is installed, or a table that is looked for, and stands in no file."""

    def read(table: Table, where: Path) -> None:
        if "extra" in table:
            table.table("extra")
        table.table("more", optional=True)
        read_price(table, where)

    text = PRICE + "# (wei) Least profit.\nprofit = 3\n"
    told = unwritten(component(tmp_path / "mine", read, text, "parts.other"))
    assert "[more], under a comment" in told
    assert "[parts.other], under a comment" in told
    assert "`extra = …`" in told


def test_a_key_that_the_code_does_not_know(tmp_path: Path) -> None:
    """An annotated file cannot describe what is not there."""
    made = component(tmp_path / "mine", read_price, PRICE + "# (wei) Least gain.\ngain = 3\n")
    with generating() as module, pytest.raises(ConfigError, match=r"policy\.gain is not known"):
        module.Reading.of(made)


def test_the_page_of_a_component(tmp_path: Path) -> None:
    """Each key with its type, unit, default and meaning."""
    text = PRICE + "# (wei) Least | profit.\nprofit = 3\n"
    made = component(tmp_path / "mine", read_price, text)
    with generating() as module:
        page = module.chapter(made)
    assert "### `[policy]`\n\nWhat is answered.\n" in page
    assert "| `price` | integer, 0 or more | wei | required | Least price. |" in page
    assert "| `profit` | integer, 0 or more | wei | `7` | Least \\| profit. |" in page


def test_figures_of_the_network_are_those_of_production() -> None:
    """The annotated network says so."""
    figures = Network.load(EXAMPLES / "network" / "complete.toml").figures
    genesis = figures.genesis_time
    assert genesis is not None
    assert figures.profile(genesis_time=genesis) == Profile.production(genesis_time=Timestamp(genesis))


def test_every_command_is_in_the_reference() -> None:
    """Whatever ``--help`` lists, down to the last option."""
    page = (ROOT / "docs" / "reference-commands.md").read_text()
    sections = dict(re.findall(r"^##+ `(chainboy [\w -]+)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    open_, seen = [["chainboy"]], set()
    while open_:
        names = open_.pop()
        told = CliRunner().invoke(cli, [*names[1:], "--help"]).output
        listed = told.partition("Commands:\n")[2]
        open_ += [[*names, line.split()[0]] for line in listed.splitlines() if re.match(r"  \w", line)]
        if len(names) > 1:
            seen.add(" ".join(names))
            options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", told, re.MULTILINE)) - {"--help"}
            assert set(re.findall(r"`(--[\w-]+)`", sections[" ".join(names)])) >= options
    assert seen == set(sections)


def test_generated_pages_are_up_to_date() -> None:
    """As the check of the documentation says it."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def commands_of(page: Path) -> list[str]:
    """The lines of a page that are commands of ours, to the end of the command."""
    lines = re.findall(r"^(?:    |```sh\n)(chainboy .*)$", page.read_text(), re.MULTILINE)
    return [command for line in lines for command in re.split(r" && | > ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_in_the_pages_are_there(page: Path) -> None:
    """Each command that a page shows takes the options and arguments that it shows."""
    if page.name == "reference-commands.md":
        return
    for line in commands_of(page):
        words = shlex.split(line.replace("…", "00").removesuffix("&"), comments=True)
        command: click.Command = cli
        context = click.Context(cli, info_name="chainboy", **cli.context_settings)
        words.pop(0)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(context, words.pop(0))
            assert found is not None, line
            command, context = found, click.Context(found, parent=context)
        if words not in (["--help"], []):
            command.make_parser(context).parse_args(words)
