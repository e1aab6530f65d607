"""``@program``: a Python function as a program file, checked to stand on its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints, overload

from chainboy.abi import abi_type
from chainboy.cid import Cid
from chainboy.errors import ProgramError
from chainboy.programs import guest
from chainboy.programs.metadata import MAX_FILE, Combination, Source
from chainboy.programs.program import Program
from chainboy.programs.source import check_plain, function_source

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_RUNTIME = "cpython-wasm:1"

FileLike = Cid | str | Path | bytes
"""A data file: its CID (or the CID's text), a path beside the function's own file, or its bytes."""


class ProgramFunction(Generic[P, R]):
    """A function that is also a program: call it here, or submit it to be run by the network.

    ``program`` is the file built from it; ``contents`` the data files it brought, by CID, which a
    client puts into the content store before it asks for a run.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        runtime: str = DEFAULT_RUNTIME,
        files: Mapping[str, FileLike] | None = None,
        sources: Mapping[str, Source] | None = None,
        combined: Mapping[str, Combination] | None = None,
    ) -> None:
        check_plain(function)
        functools.update_wrapper(self, function)
        self._function = function
        folder = Path(inspect.getfile(function)).parent
        held = {name: _read(name, file, folder) for name, file in (files or {}).items()}
        cids = {name: Cid.of(file) if isinstance(file, bytes) else file for name, file in held.items()}
        self._files = {name: file for name, file in held.items() if isinstance(file, bytes)}
        self.contents: Mapping[Cid, bytes] = {Cid.of(file): file for file in self._files.values()}
        tables = [*_files_table(cids), *_sources_tables(sources or {}), *_combined_tables(combined or {})]
        self.program = Program(_program_file(function, runtime, tables))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function here, in this interpreter, with no sandbox and no metering."""
        with guest.files.holding(self._files):
            return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<program {self._function.__name__} {self.program.cid}>"


@overload
def program(function: Callable[P, R], /) -> ProgramFunction[P, R]: ...


@overload
def program(
    *,
    runtime: str = DEFAULT_RUNTIME,
    files: Mapping[str, FileLike] | None = None,
    sources: Mapping[str, Source] | None = None,
    combined: Mapping[str, Combination] | None = None,
) -> Callable[[Callable[P, R]], ProgramFunction[P, R]]: ...


def program(
    function: Callable[P, R] | None = None,
    /,
    *,
    runtime: str = DEFAULT_RUNTIME,
    files: Mapping[str, FileLike] | None = None,
    sources: Mapping[str, Source] | None = None,
    combined: Mapping[str, Combination] | None = None,
) -> ProgramFunction[P, R] | Callable[[Callable[P, R]], ProgramFunction[P, R]]:
    """Make a program of a function that is annotated with :mod:`chainboy.abi` types.

    The function travels alone: it may use builtins and what it imports inside itself, nothing of the
    module around it. ``files`` are data files, by the name under which the function finds them in
    ``from chainboy import files``; ``sources`` are numbers on the web, alone or ``combined``, which it finds
    in ``from chainboy import values``. Raises :class:`ProgramError` for a function that cannot be sent.
    """
    if function is None:
        return lambda function: ProgramFunction(
            function, runtime=runtime, files=files, sources=sources, combined=combined
        )
    return ProgramFunction(function, runtime=runtime)


def _read(name: str, file: FileLike, folder: Path) -> bytes | Cid:
    """The data file's bytes, or its CID when only that is known."""
    if isinstance(file, str) and file.startswith("bafkrei"):
        return Cid.parse(file)
    if isinstance(file, str | Path):
        try:
            file = (folder / file).read_bytes()
        except OSError as error:
            raise ProgramError(f"the data file {name!r} cannot be read: {error}") from error
    if isinstance(file, bytes) and len(file) > MAX_FILE:
        raise ProgramError(f"the data file {name!r} has {len(file)} bytes; split it, {MAX_FILE} are the most")
    return file


def _files_table(files: Mapping[str, Cid]) -> Iterator[str]:
    if files:
        yield "[files]"
    for name, cid in files.items():
        yield f"{name} = {_quoted(str(cid))}"


def _sources_tables(sources: Mapping[str, Source]) -> Iterator[str]:
    for name, source in sources.items():
        yield f"[sources.{name}]"
        yield f"url = {_quoted(source.url)}"
        yield f"pick = {_quoted(source.pick)}"
        yield f"scale = {source.scale}"


def _combined_tables(combined: Mapping[str, Combination]) -> Iterator[str]:
    for name, rule in combined.items():
        yield f"[combined.{name}]"
        yield f"of = [{', '.join(map(_quoted, rule.of))}]"
        yield f"by = {_quoted(rule.by.value)}"
        yield f"least = {rule.least}"


def _program_file(function: Callable[..., Any], runtime: str, tables: list[str]) -> bytes:
    """The whole file: metadata block, the function's source, and ``main`` as its name."""
    inputs, outputs = _signature(function)
    lines = [
        "# /// chainboy",
        f'# runtime = "{runtime}"',
        f"# inputs = [{', '.join(map(_quoted, inputs))}]",
        f"# outputs = [{', '.join(map(_quoted, outputs))}]",
        *(f"# {line}" for line in tables),
        "# ///",
        "",
        function_source(function),
    ]
    if function.__name__ != "main":
        lines.append(f"main = {function.__name__}\n")
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return f'"{text}"'


def _signature(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """The inputs as ``type name`` and the outputs as types."""
    name = function.__name__
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ProgramError(f"{name} has an annotation that cannot be resolved: {error}") from error
    inputs = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise ProgramError(f"{name} takes {parameter}; a program's arguments are all positional")
        if parameter.default is not parameter.empty:
            raise ProgramError(f"{name} gives {parameter.name} a default; every argument is sent, drop it")
        if parameter.name not in hints:
            raise ProgramError(f"{name} does not annotate {parameter.name}; give it a type of chainboy.abi")
        inputs.append(f"{abi_type(hints[parameter.name])} {parameter.name}")
    if "return" not in hints:
        raise ProgramError(f"{name} does not annotate what it returns; write -> and a type of chainboy.abi")
    returned = hints["return"]
    if returned is type(None):
        return inputs, []
    if get_origin(returned) is tuple and Ellipsis not in get_args(returned):
        return inputs, [abi_type(item) for item in get_args(returned)]
    return inputs, [abi_type(returned)]
