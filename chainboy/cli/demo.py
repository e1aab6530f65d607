"""``chainboy demo``: a whole network, shown at work."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from chainboy.demo.scenario import run_demo
from chainboy.demo.two_chains import run_two_chains


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("chainboy-demo"),
    show_default=True,
    help="Where the proof files go.",
)
@click.option(
    "--chains",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="With 2: a request on a remote chain, answered there.",
)
def demo(*, as_json: bool, directory: Path, chains: int) -> None:
    """Start a chain, five nodes and five tasks in this process; check the proof of each result."""
    logging.getLogger("chainboy").addHandler(logging.NullHandler())  # the narrator tells it in other words
    play = run_demo if chains == 1 else run_two_chains
    report = play(directory, lambda line: click.echo(line, err=as_json))
    click.echo(report.to_json() if as_json else report.to_text())
