"""The page with every command of the command line, as its own parsers describe it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from chainboy.cli.main import FAILED, INTERRUPTED, MISUSED, cli

_PAGE = f"""# Command reference

Every command, as `chainboy COMMAND --help` tells it.

| exit code | meaning |
| ---: | --- |
| 0 | done; a service was told to stop |
| {FAILED} | what was asked for failed, told in one sentence on standard error |
| {MISUSED} | it was asked for wrongly; the option, or the key of a configuration file, is named |
| {INTERRUPTED} | interrupted |

An option with … may be given again. Commands that judge say below what their exit codes mean.
`python -m chainboy.node --config FILE` and `python -m chainboy.relay --config FILE` are the same as
`chainboy node run` and `chainboy relay run`.
"""


def page() -> str:
    """The whole page."""
    root = click.Context(cli, info_name="chainboy", **cli.context_settings)
    return _PAGE + "".join(_section(context) for context in _commands(root))


def _commands(context: click.Context) -> Iterator[click.Context]:
    """Every command below ``context``, each with the names that lead there."""
    command = context.command
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None and not inner.hidden:
            below = click.Context(inner, info_name=name, parent=context)
            yield below
            yield from _commands(below)


def _section(context: click.Context) -> str:
    command = context.command
    level = "##" if isinstance(command, click.Group) or context.parent is context.find_root() else "###"
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"\n{level} `{context.command_path}`\n"]
    if not isinstance(command, click.Group):
        parts.append(f"    {context.command_path} {usage}".replace("\n", " ") + "\n")
    parts.append(_paragraphs(command.help or ""))
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    if options:
        parts.append(_options(options, context))
    return "\n".join(parts)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(text).split("\n\n")) + "\n"


def _options(options: list[click.Option], context: click.Context) -> str:
    lines = ["| option | default | meaning |\n", "| --- | --- | --- |\n"]
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.opts)
        takes = "" if option.is_flag else f" {_metavar(option, context)}"
        variable = f" Or `{option.envvar}` in the environment." if option.envvar else ""
        about = f"{_sentence(option.help or '')}{variable}".replace("|", "\\|")
        lines.append(f"| {names}{takes} | {_default(option)} | {about} |\n")
    return "".join(lines)


def _metavar(option: click.Option, context: click.Context) -> str:
    takes = option.make_metavar(ctx=context).removesuffix(" RANGE").replace("|", "\\|")
    return f"{takes} …" if option.multiple else takes


def _sentence(text: str) -> str:
    """The help without the default that click shows at its end."""
    before, _, default = text.partition(" [default: ")
    return f"{before} By default {default.removesuffix(']')}." if default else before


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    if option.is_flag or option.multiple or option.default is None or not option.show_default:
        return ""
    return f"`{option.default}`"
