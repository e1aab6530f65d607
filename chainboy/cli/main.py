"""The command's entry point: finds the subcommand; an error becomes one sentence and an exit code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from chainboy.errors import ChainBoyError, ConfigError
from chainboy.logs import redacted

COMMANDS = {
    "content": "chainboy.cli.content",
    "demo": "chainboy.cli.demo",
    "deploy": "chainboy.cli.deploy",
    "image": "chainboy.cli.image",
    "network": "chainboy.cli.network",
    "node": "chainboy.cli.node",
    "owner": "chainboy.cli.owner",
    "program": "chainboy.cli.program",
    "relay": "chainboy.cli.relay",
    "runner": "chainboy.cli.runner",
    "task": "chainboy.cli.task",
    "verify": "chainboy.cli.verify",
}
"""Each command's module; its function has the command's name."""

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit codes: what was asked for failed; it was asked for wrongly; it was interrupted."""


class _LazyGroup(click.Group):
    """Loads a command's module only when it is called, so that every other command starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chainboy")
def cli() -> None:
    """Run programs on a network of user-run nodes; get results that most tokens agree on."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 it failed, 2 it was asked for wrongly."""
    try:
        code = cli.main(arguments, prog_name="chainboy", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        click.echo(f"chainboy: {redacted(str(error))}", err=True)
        sys.exit(MISUSED)
    except (ChainBoyError, OSError) as error:
        click.echo(f"chainboy: {redacted(str(error))}", err=True)
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)
