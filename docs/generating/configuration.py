"""The page with every table and key of the configuration files.

The parsers say which keys there are, of which kind, and with which defaults: they read the annotated files
in ``examples/config`` and are watched. The comments in those files say what each key means. Whatever one
side has and the other lacks stops the writing of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chainboy.events.webhooks.table import PROVIDERS
from chainboy.networks import file as network_file
from chainboy.node.config import NodeConfig
from chainboy.plugins import CONTENT_STORES, EVENT_SOURCES, SANDBOXES
from chainboy.relay.config import RelayConfig
from chainboy.runner.config import RunnerConfig
from chainboy.serverless.settings import STORES
from chainboy.serverless.settings import configured as configured_serverless
from chainboy.tables import Table
from generating.kinds import kind_of, shown
from generating.reading import Component, Reading

EXAMPLES = Path(__file__).parents[2] / "examples" / "config"

_PAGE = """# Configuration reference

Every table and key of the configuration files, as the code reads them. `examples/config` has the same as
files to copy from. Paths are relative to the file that names them. Integers may also be written as decimal
text, for TOML's own end at 64 bits. A key that is missing, unknown or malformed is told in one sentence that
names it, with exit code 2.
"""

_HEAD = "| key | type | unit | default | meaning |\n| --- | --- | --- | --- | --- |\n"


def _node_parts() -> Iterator[str]:
    for table, names in (
        ("sandboxes", SANDBOXES.names()),
        ("content", CONTENT_STORES.names()),
        ("events", EVENT_SOURCES.names()),
        ("events.webhooks", PROVIDERS),
        ("serverless.store", STORES),
    ):
        yield from (f"{table}.{name}" for name in names)


def _node(table: Table, folder: Path) -> None:
    """A node's file, with what only a function reads of it."""
    config = NodeConfig.read(table, folder)
    if config.serverless is not None:
        configured_serverless(config.serverless, folder)


COMPONENTS = (
    Component(folder=EXAMPLES / "node", title="A node: node.toml", read=_node, parts=_node_parts),
    Component(folder=EXAMPLES / "runner", title="A runner: runner.toml", read=RunnerConfig.read),
    Component(folder=EXAMPLES / "relay", title="A relay: relay.toml", read=RelayConfig.read),
    Component(
        folder=EXAMPLES / "network",
        title="A network: network.toml",
        read=lambda table, _: network_file.read(table),
    ),
)


def page() -> str:
    """The whole page."""
    return _PAGE + "".join(map(chapter, COMPONENTS))


def chapter(component: Component) -> str:
    """The tables of one component's files."""
    reading = Reading.of(component)
    return f"\n## {component.title}\n" + "".join(_table(reading, name) for name in reading.tables())


def _table(reading: Reading, name: str) -> str:
    rows = "".join(_row(reading, key) for key in reading.keys_of(name))
    return f"\n### `[{name}]`\n\n{reading.note(name).meaning}\n" + (f"\n{_HEAD}{rows}" if rows else "")


def _row(reading: Reading, name: str) -> str:
    key, note = reading.asked.keys[name], reading.note(name)
    defaults = " or ".join(filter(None, map(shown, key.defaults)))
    default = "required" if reading.asked.required(name) else defaults
    kind, meaning = kind_of(key.reads, reading.value(name)), note.meaning.replace("|", "\\|")
    return f"| `{name.rpartition('.')[2]}` | {kind} | {note.unit} | {default} | {meaning} |\n"
