"""``chainboy runner``: run programs for a node, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.cli.options import FILE
from chainboy.runner import __main__ as service
from chainboy.runner.config import RunnerConfig

CONFIG = click.option(
    "--config",
    type=FILE,
    default=Path("runner.toml"),
    show_default=True,
    help="The runner's configuration file.",
)


@click.group()
def runner() -> None:
    """Run programs for a node that has neither them nor a Docker engine in its own process."""


@runner.command()
@CONFIG
def run(config: Path) -> None:
    """Run a runner until it is told to stop. It can be killed and started again."""
    raise SystemExit(service.main(["--config", str(config)]))


@runner.command()
@CONFIG
def check(config: Path) -> None:
    """Read the configuration and the token, and run nothing. Exit code 2: something is wrong."""
    RunnerConfig.load(config).token()
    click.echo(f"{config} is in order")


@runner.command()
@CONFIG
def status(config: Path) -> None:
    """Ask the runner of this configuration what it serves. Exit code 1: it gives no answer."""
    from chainboy.sandbox.link import CONNECT, Link  # noqa: PLC0415 - only here
    from chainboy.sandbox.wire import unpack_about  # noqa: PLC0415

    loaded = RunnerConfig.load(config)
    link = Link(url=loaded.url, token_file=loaded.token_file, wall_clock_limit=CONNECT)
    about = unpack_about(link.get("/about"))
    served = ", ".join(about.runtimes) or "nothing now"
    click.echo(f"ChainBoy {about.version} at {loaded.url} serves {served}")
