"""``chainboy demo``: a whole network, shown at work."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from chainboy.demo.scenario import run_demo


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("chainboy-demo"),
    show_default=True,
    help="Where the proof files go.",
)
def demo(*, as_json: bool, directory: Path) -> None:
    """Start a chain, five nodes and four tasks in this process; check the proof of each result."""
    logging.getLogger("chainboy").addHandler(logging.NullHandler())  # the narrator tells it in other words
    report = run_demo(directory, lambda line: click.echo(line, err=as_json))
    click.echo(report.to_json() if as_json else report.to_text())
