"""``chainboy relay``: carry results to the chains that asked."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.cli.options import config_option, serve
from chainboy.relay import __main__ as runner


@click.group()
def relay() -> None:
    """Carry results to the chains that asked, for tips."""


@relay.command()
@config_option("relay", "relay.toml")
def run(config: Path) -> None:
    """Run a relay until it is told to stop. Many may run; each can be killed and started again."""
    serve(runner.main, config)
