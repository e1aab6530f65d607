"""``chainboy node``: run a node."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.node import __main__ as runner


@click.group()
def node() -> None:
    """Take part in the network."""


@node.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=Path("node.toml"),
    show_default=True,
    help="The node's configuration file.",
)
def run(config: Path) -> None:
    """Run a node until it is told to stop."""
    raise SystemExit(runner.main(["--config", str(config)]))
