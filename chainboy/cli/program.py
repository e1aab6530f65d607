"""``chainboy program``: check, run and begin programs on this machine; nothing is asked of any chain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from chainboy.cli.program_inputs import Inputs, inputs, interpreters, sandboxes
from chainboy.errors import ChainBoyError, ConfigError, InputError, ProgramError
from chainboy.programs.program import Program

DONE, FAILED = 0, 1


class _Group(click.Group):
    """Tells a file that cannot be read, or arguments that do not fit, as misuse."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (ProgramError, InputError) as error:
            raise ConfigError(str(error)) from error


@click.group(cls=_Group)
def program() -> None:
    """Check, run and begin programs on this machine."""


@program.command()
@inputs
@click.option(
    "--native", is_flag=True, help="Run it by this machine's Python, too; NOT isolated, own code only."
)
@click.option("--price-per-megafuel", type=int, default=0, metavar="WEI", help="What nodes ask for fuel.")
@click.option("--min-price", type=int, default=0, metavar="WEI", help="The least price of a task.")
@click.option("--gas-price", type=int, default=0, metavar="WEI", help="The home chain's.")
@click.option("--nodes", type=int, default=5, show_default=True, help="How many answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def check(
    *,
    as_json: bool,
    native: bool,
    price_per_megafuel: int,
    min_price: int,
    gas_price: int,
    nodes: int,
    **given: Any,
) -> int:
    """Tell what may go wrong with the program in FILE, and what it costs.

    Its metadata and its source are examined. With --arg for each of its inputs it is also run, in two
    sandboxes whose outcomes must be the same. Exit code 0: no errors; 1: errors, or runs that differ; 2: FILE
    cannot be read, or an option is wrong.
    """
    from chainboy.doctor import Rates, examine  # noqa: PLC0415 - heavy
    from chainboy.doctor.telling import to_lines, to_table  # noqa: PLC0415

    asked = Inputs(**given)
    source = asked.source()
    ready = _ready(asked, source)
    arguments = None if ready is None else asked.parsed(ready)
    rates = Rates(per_megafuel=price_per_megafuel, min_price=min_price, nodes=nodes, gas_price=gas_price)
    report = examine(
        source,
        arguments,
        interpreters(docker=asked.docker, native=native),
        rates=rates,
        **asked.data(ready, arguments),
    )
    click.echo(json.dumps(to_table(report), indent=1) if as_json else "\n".join(to_lines(report)))
    return DONE if report.ok else FAILED


@program.command()
@inputs
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def run(*, as_json: bool, **given: Any) -> int:
    """Run the program in FILE as a node would, and tell what comes of it.

    Exit code 0: it returned; 1: it failed, or could not be run; 2: FILE cannot be read, or an option is
    wrong.
    """
    from chainboy.doctor import dry_run  # noqa: PLC0415 - heavy
    from chainboy.doctor.telling import trial_lines, trial_table  # noqa: PLC0415

    asked = Inputs(**given)
    ready = Program(asked.source())
    arguments = asked.parsed(ready)
    data = asked.data(ready, arguments)
    trial = dry_run(ready, arguments, sandboxes=sandboxes(docker=asked.docker), **data)
    click.echo(json.dumps(trial_table(trial), indent=1) if as_json else "\n".join(trial_lines(trial)))
    return DONE if trial.ok else FAILED


@program.command()
@click.argument("where", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--name", help="The program's. [default: the file's or folder's]")
def new(where: Path, name: str | None) -> None:
    """Write a program to begin from, and a test that runs it in the sandbox; writes over nothing."""
    from chainboy.doctor.scaffold import write_program  # noqa: PLC0415 - heavy

    for path in write_program(where, name):
        click.echo(f"wrote {path}")


def _ready(asked: Inputs, source: bytes) -> Program | None:
    """The program if it is to run with what is given, and has types to read that by."""
    if not asked.arguments and not asked.fetch:
        return None
    try:
        return Program(source)
    except ChainBoyError:
        return None
