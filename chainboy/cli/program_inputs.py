"""What ``chainboy program`` is given: a file, its arguments and data, and where to run it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from chainboy.cli.places import places, store_of
from chainboy.content.store import MAX_CONTENT, ContentStore
from chainboy.errors import InputError, ProgramError
from chainboy.programs.arguments import parse_argument, parse_arguments
from chainboy.programs.metadata import MAX_PROGRAM
from chainboy.programs.program import Program
from chainboy.programs.types import Elementary
from chainboy.tables import Table
from chainboy.units import Fuel

if TYPE_CHECKING:
    from chainboy.doctor import Place
    from chainboy.sandbox.protocol import Sandbox

_FUEL, _MOST_FUEL = click.IntRange(0, 2**64 - 1), 10**11
_VALUE = Elementary("int256")
_SETTINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"},
)
"""Two machines' worth of them."""


@attrs.frozen(kw_only=True)
class Inputs:
    """The options that check and run share, as they came."""

    file: Path
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    values: tuple[str, ...]
    store: Path | None
    ipfs: tuple[str, ...]
    gateway: tuple[str, ...]
    timeout: float
    fetch: bool
    allow_http: bool
    allow_loopback: bool
    fuel: int
    docker: tuple[str, ...]

    def source(self) -> bytes:
        """The program's file; raises :class:`ProgramError`."""
        try:
            return _read(self.file, MAX_PROGRAM)
        except OSError as error:
            raise ProgramError(f"{self.file} cannot be read: {error.strerror}") from error

    def parsed(self, program: Program) -> dict[str, Any]:
        """The arguments, of the types of the program's inputs."""
        return parse_arguments(self.arguments, program.inputs)

    def data(self, program: Program | None, arguments: Mapping[str, Any] | None) -> dict[str, Any]:
        """The data and limits of a run, by the names that the doctor's functions give them.

        With ``fetch``, sources of a ``program`` that is to run are read and told on standard error.
        """
        values = values_of(self.values)
        if self.fetch and program is not None:
            values = {**self._fetched(program, arguments or {}), **values}
        return {
            "files": {name: _data_file(name, Path(path)) for name, path in _pairs(self.files, "--file")},
            "values": values,
            "content": self._content(),
            "fuel_limit": Fuel(self.fuel),
        }

    def _fetched(self, program: Program, arguments: Mapping[str, Any]) -> Mapping[str, int]:
        from chainboy.sources import Guard, WebSources  # noqa: PLC0415 - loads an HTTP client

        guard = Guard(allow_http=self.allow_http, allow_loopback=self.allow_loopback)
        reading = WebSources(guard=guard).read(program.metadata, program.encode_input(**arguments))
        for entry in reading.transcript:
            click.echo(f"source {entry.name}: {entry.error or entry.value} from {entry.url}", err=True)
        return reading.complete()

    def _content(self) -> ContentStore | None:
        if self.store is None and not self.ipfs and not self.gateway:
            return None
        return store_of(store=self.store, ipfs=self.ipfs, gateway=self.gateway, timeout=self.timeout)


def inputs(command: Callable[..., int]) -> Callable[..., int]:
    """The options of :class:`Inputs` for a command."""
    options = (
        click.argument("file", type=click.Path(path_type=Path)),
        click.option("--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="One of its inputs."),
        click.option("--file", "files", multiple=True, metavar="NAME=PATH", help="One of its data files."),
        click.option("--value", "values", multiple=True, metavar="NAME=INT", help="What a source says."),
        places,
        click.option("--fetch", is_flag=True, help="Read its sources from the web, as a node does."),
        click.option("--allow-http", is_flag=True, help="Sources may be http:, not only https:."),
        click.option("--allow-loopback", is_flag=True, help="Sources may be on this machine."),
        click.option("--fuel", type=_FUEL, default=_MOST_FUEL, show_default=True, help="Its limit."),
        click.option(
            "--docker", multiple=True, metavar="RUNTIME", help="An image that the engine here may run."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def values_of(texts: Iterable[str]) -> dict[str, int]:
    """What sources said, from ``--value`` options."""
    return {name: parse_argument(text, _VALUE, name) for name, text in _pairs(texts, "--value")}


def sandboxes(*, docker: tuple[str, ...]) -> list[Sandbox]:
    """The sandboxes that programs are run in, of which the first that serves a runtime is taken."""
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads the runtime's engine

    found: list[Sandbox] = [WasmSandbox()]
    if docker:
        from chainboy.sandbox.epicbox import configured  # noqa: PLC0415 - loads Docker's client

        found.append(configured(Table({"images": list(docker)}, "--docker: "), Path.cwd()))
    return found


def interpreters(*, docker: tuple[str, ...], native: bool) -> list[Place]:
    """Where a checked program is run: in WebAssembly twice, and as asked in other interpreters."""
    from chainboy.doctor import Place  # noqa: PLC0415 - heavy
    from chainboy.sandbox.subprocess import SubprocessSandbox, UnsafeSandboxWarning  # noqa: PLC0415

    first, *others = sandboxes(docker=docker)
    found = [Place(name="WebAssembly", sandbox=first)]
    found += [Place(name="a second sandbox", sandbox=each) for each in sandboxes(docker=())]
    found += [Place(name="Docker", sandbox=each) for each in others]
    if native:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnsafeSandboxWarning)  # said in the option's help, and logged
            for settings in _SETTINGS:
                name = "Python here with " + " ".join(f"{key}={value}" for key, value in settings.items())
                sandbox = SubprocessSandbox(environment=settings)
                found.append(Place(name=name, sandbox=sandbox, same=False))
    return found


def _pairs(texts: Iterable[str], option: str) -> Iterable[tuple[str, str]]:
    seen: set[str] = set()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"{option} takes name=…, not {text[:80]!r}")
        if name in seen:
            raise InputError(f"{option} {name} is given twice; keep one")
        seen.add(name)
        yield name, value


def _data_file(name: str, path: Path) -> bytes:
    try:
        return _read(path, MAX_CONTENT)
    except OSError as error:
        raise InputError(f"the data file {name!r} cannot be read from {path}: {error.strerror}") from error


def _read(path: Path, most: int) -> bytes:
    """The file, or so much of it that it is seen to be too large."""
    with path.open("rb") as file:
        return file.read(most + 1)
