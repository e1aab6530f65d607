"""The metadata block of a program: the few lines that say what it needs and what it returns.

Rule: protocol, section 11. The block is read by the grammar below and by nothing else, so that every
host reads it alike; what it accepts is also valid TOML 1.0 of the same meaning.

**File.** At most 256 KiB (262,144 bytes) of UTF-8. A line ends with LF, or with CR LF, or with the
file.

**Block.** Exactly one line of the file is ``# /// chainboy``; the block ends with the first line after
it that is ``# ///``. Neither has anything else on it, not even a blank at its end. Each line between
them is ``#`` alone or begins with ``# ``; what follows those two characters is the *content*.

**Content.** A blank is a space or a tab. Blanks around the tokens have no meaning. Each content line is
one of::

    line   = [ table | pair ] [ comment ]
    table  = "[files]" | "[sources." name "]" | "[combined." name "]"
    pair   = key "=" value
    value  = string | list | number
    list   = "[" [ string { "," string } [ "," ] ] "]"        on one line
    string = QUOTE { any character but QUOTE, BACKSLASH and controls } QUOTE      no escapes
    number = "0" | "1".."9" { "0".."9" }                      at most 9 digits
    key    = name = 1 to 64 of "A".."Z", "a".."z", "0".."9", "_", "-"
    comment = "#" { any character but controls, save that a tab may stand }

QUOTE is U+0022, BACKSLASH is U+005C, controls are U+0000 to U+001F and U+007F. No table appears twice,
nor does a key in its table.

**Keys.**

========================  ======  =====================================================================
key                       value   meaning
========================  ======  =====================================================================
``runtime``               string  required: name of the runtime, 1 to 256 of the characters ``!`` to ``~``
``inputs``                list    ``"type name"`` for each argument of ``main``; none when absent
``outputs``               list    the type of each value that ``main`` returns; none when absent
in ``[files]``            string  at most 16: data files of at most 1 MiB, by name, each a ``bafkrei…`` CID
in ``[sources.NAME]``             at most 5 tables: HTTP sources that the node fetches
``url``                   string  required: ``http://…`` or ``https://…`` in ``!`` to ``~``; ``{input}``
                                  stands for an input's value
``pick``                  string  required: where in the answer the number stands
``scale``                 number  decimal places kept in the integer, 0 to 77; 0 when absent
in ``[combined.NAME]``            at most 5 tables: one number made of several sources
``of``                    list    required: 2 to 5 sources of the same scale, each once
``by``                    string  required: ``median``, ``mean-of-middle`` or ``first-good``
``least``                 number  how many of them must answer, 1 to all; when absent 1 for
                                  ``first-good``, else more than half
========================  ======  =====================================================================

No combination has the name of a source. Keys stand in any order. Everything else is refused with
:class:`~chainboy.errors.ProgramError`: a node then abstains.

**Types.** What the strings of ``inputs`` and ``outputs`` say is not the host's business: the runtime
judges it inside the sandbox, so a type that is none is an outcome like any other. The requester's side
reads them to encode arguments: at most 64 of each, a type as in :mod:`chainboy.programs.types`, one
blank, and a name that is a Python identifier in ASCII and no keyword; no two names the same.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import attrs

from chainboy.cid import Cid
from chainboy.errors import EncodingError, ProgramError
from chainboy.programs.block import Table, read_block
from chainboy.programs.types import parse_type

MAX_PROGRAM = 256 * 1024
"""Most bytes of a program file."""

MAX_FILE = 1024 * 1024
"""Most bytes of a data file."""

MAX_FILES = 16
MAX_SOURCES = 5
MAX_COMBINED = 5
MAX_TYPES = 64
"""Most inputs, and most outputs; the runtime's own limit."""

MAX_SCALE = 77
"""Ten to this power still fits 256 bits."""

_RUNTIME = re.compile(r"[!-~]{1,256}")
_URL = re.compile(r"https?://[!-~]+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@attrs.frozen
class Parameter:
    """One argument of a program: the canonical name of its ABI type, and its own."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@attrs.frozen
class Source:
    """An HTTP source: the number at ``pick`` in the answer of ``url``, times ten to ``scale``."""

    url: str
    pick: str
    scale: int


class By(Enum):
    """How several sources become one number."""

    MEDIAN = "median"
    MEAN_OF_MIDDLE = "mean-of-middle"
    FIRST_GOOD = "first-good"


@attrs.frozen
class Combination:
    """One number made of the sources ``of``, at least ``least`` of which must answer."""

    of: tuple[str, ...]
    by: By
    least: int


@attrs.frozen(kw_only=True)
class Metadata:
    """What a program declares; ``files``, ``sources`` and ``combined`` are by name, in the order declared.

    The types are kept as they stand: the runtime judges them inside the sandbox, and a host only when
    it encodes arguments, in :attr:`inputs` and :attr:`outputs`.
    """

    runtime: str
    declared_inputs: tuple[str, ...]
    declared_outputs: tuple[str, ...]
    files: Mapping[str, Cid]
    sources: Mapping[str, Source]
    combined: Mapping[str, Combination] = attrs.field(factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """The names in the program's ``values``: the combinations, and the sources that are in none."""
        members = {name for rule in self.combined.values() for name in rule.of}
        return (*self.combined, *(name for name in self.sources if name not in members))

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """The arguments of ``main``; raises :class:`ProgramError` for a type or name that is none."""
        parameters = tuple(_parameter(text) for text in _few(self.declared_inputs))
        if len({parameter.name for parameter in parameters}) != len(parameters):
            raise ProgramError("two inputs have the same name; give each its own")
        return parameters

    @property
    def outputs(self) -> tuple[str, ...]:
        """The canonical types of what ``main`` returns; raises :class:`ProgramError` for one that is none."""
        return tuple(str(parse_type(output)) for output in _few(self.declared_outputs))


def parse(source: bytes) -> Metadata:
    """The metadata of the program file ``source``; raises :class:`ProgramError` for what is not one."""
    if len(source) > MAX_PROGRAM:
        raise ProgramError(f"a program has at most {MAX_PROGRAM} bytes, not {len(source)}; use data files")
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProgramError(f"a program is UTF-8 text, this one is not at byte {error.start}") from error
    tables = read_block(text)
    top = tables.pop(())
    files = tables.pop(("files",), Table("[files]"))
    sources = _sources(_below("sources", tables))
    metadata = Metadata(
        runtime=_runtime(top.string("runtime")),
        declared_inputs=top.strings("inputs"),
        declared_outputs=top.strings("outputs"),
        files=_files(files),
        sources=sources,
        combined=_combined(_below("combined", tables), sources),
    )
    top.finish()
    return metadata


def _runtime(text: str) -> str:
    if not _RUNTIME.fullmatch(text):
        raise ProgramError(f"{text[:80]!r} is not the name of a runtime; write for example 'cpython-wasm:1'")
    return text


def _few(types: tuple[str, ...]) -> tuple[str, ...]:
    if len(types) > MAX_TYPES:
        raise ProgramError(f"a program has at most {MAX_TYPES} inputs and as many outputs, not {len(types)}")
    return types


def _parameter(text: str) -> Parameter:
    kind, _, name = text.partition(" ")
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise ProgramError(f"the input {text[:80]!r} is not 'type name'; write for example 'uint256 n'")
    return Parameter(str(parse_type(kind)), name)


def _files(table: Table) -> Mapping[str, Cid]:
    names = table.keys()
    if len(names) > MAX_FILES:
        raise ProgramError(f"a program has at most {MAX_FILES} data files, this one {len(names)}; join some")
    files = {}
    for name in names:
        try:
            files[name] = Cid.parse(table.string(name))
        except EncodingError as error:
            raise ProgramError(f"the data file {name!r} has no usable CID: {error}") from error
    return MappingProxyType(files)


def _below(first: str, tables: Mapping[tuple[str, ...], Table]) -> dict[str, Table]:
    return {path[1]: table for path, table in tables.items() if path[0] == first}


def _sources(tables: Mapping[str, Table]) -> Mapping[str, Source]:
    if len(tables) > MAX_SOURCES:
        raise ProgramError(f"a program has at most {MAX_SOURCES} sources, this one {len(tables)}; drop some")
    return MappingProxyType({name: _source(table) for name, table in tables.items()})


def _source(table: Table) -> Source:
    source = Source(table.string("url"), table.string("pick"), table.number("scale", 0))
    table.finish()
    if not _URL.fullmatch(source.url) or re.search(r"[{}]", _PLACEHOLDER.sub("", source.url)):
        raise ProgramError(f"{table.title} has no usable url; write 'https://…' with inputs as '{{name}}'")
    if not source.pick or source.scale > MAX_SCALE:
        raise ProgramError(f"{table.title} needs a pick that is not empty and a scale of at most {MAX_SCALE}")
    return source


def _combined(tables: Mapping[str, Table], sources: Mapping[str, Source]) -> Mapping[str, Combination]:
    if len(tables) > MAX_COMBINED:
        raise ProgramError(f"a program has at most {MAX_COMBINED} combinations, not {len(tables)}; drop some")
    if twice := tables.keys() & sources.keys():
        raise ProgramError(f"{min(twice)!r} is a source and a combination; rename one of them")
    return MappingProxyType({name: _combination(table, sources) for name, table in tables.items()})


def _combination(table: Table, sources: Mapping[str, Source]) -> Combination:
    of, by = table.strings("of"), _by(table)
    if len(of) < 2 or len(set(of)) < len(of) or not sources.keys() >= set(of):  # noqa: PLR2004 - a pair
        raise ProgramError(f'{table.title} needs of = ["…", "…"], two or more declared sources, each once')
    if len({sources[name].scale for name in of}) > 1:
        raise ProgramError(f"{table.title} mixes sources of different scale; give them the same")
    least = table.number("least", 1 if by is By.FIRST_GOOD else len(of) // 2 + 1)
    table.finish()
    if not 1 <= least <= len(of):
        raise ProgramError(f"{table.title} needs a least from 1 to {len(of)}, the number of its sources")
    return Combination(of, by, least)


def _by(table: Table) -> By:
    text = table.string("by")
    try:
        return By(text)
    except ValueError as error:
        known = ", ".join(by.value for by in By)
        raise ProgramError(f"{table.title} is combined by {text[:80]!r}; use one of {known}") from error
