"""``chainboy relay``: carry results to the chains that asked."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.relay import __main__ as runner


@click.group()
def relay() -> None:
    """Carry results to the chains that asked, for tips."""


@relay.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=Path("relay.toml"),
    show_default=True,
    help="The relay's configuration file.",
)
def run(config: Path) -> None:
    """Run a relay until it is told to stop. Many may run; each can be killed and started again."""
    raise SystemExit(runner.main(["--config", str(config)]))
