"""``@program``: the file it writes stands alone, and what cannot travel is refused by name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import pytest

from chainboy import abi
from chainboy.abi import Abi, abi_type, address, bool_, bytes4, bytes_, int8, string, uint8, uint256
from chainboy.errors import ProgramError
from chainboy.programs import By, Cid, Combination, ProgramFunction, Source, guest, program

OUTSIDE = 3


@program
def sum_of_squares(n: uint256) -> uint256:
    """The docstring travels, too."""
    return sum(i * i for i in range(n))


def test_the_file_is_this_text() -> None:
    """Metadata, the function from its ``def`` on, and its name as main: nothing else."""
    assert sum_of_squares.program.source.decode() == (
        "# /// chainboy\n"
        '# runtime = "cpython-wasm:1"\n'
        '# inputs = ["uint256 n"]\n'
        '# outputs = ["uint256"]\n'
        "# ///\n"
        "\n"
        "def sum_of_squares(n: uint256) -> uint256:\n"
        '    """The docstring travels, too."""\n'
        "    return sum(i * i for i in range(n))\n"
        "\n"
        "main = sum_of_squares\n"
    )


def test_it_is_still_the_function() -> None:
    """A program can be called here, and keeps its name and docstring."""
    assert sum_of_squares(4) == 14
    assert sum_of_squares.__name__ == "sum_of_squares"
    assert sum_of_squares.__doc__ == "The docstring travels, too."
    assert repr(sum_of_squares) == f"<program sum_of_squares {sum_of_squares.program.cid}>"


SOURCES = {
    "north": Source("https://north.example/{currency}", "$.rate", 8),
    "east": Source("https://east.example/?of={currency}", "$[?@.kind == 'mid'].rate", 8),
}
COMBINED = {"rate": Combination(("north", "east"), By.MEAN_OF_MIDDLE, 1)}


def test_sources_are_declared_as_given() -> None:
    """The file's metadata says what the decorator was told; called here it has the values it is given."""

    @program(sources=SOURCES, combined=COMBINED)
    def rate(currency: string) -> uint256:
        from chainboy import values  # noqa: PLC0415

        return values["rate"] * len(currency)

    assert dict(rate.program.metadata.sources) == SOURCES
    assert dict(rate.program.metadata.combined) == COMBINED
    with guest.values.holding({"rate": 5}):
        assert rate("USD") == 15


@pytest.mark.parametrize(
    ("sources", "combined"),
    [
        ({"a b": SOURCES["north"]}, {}),
        ({"a": Source("https://x", '$["a"]', 0)}, {}),
        ({"a": Source("https://x\n", "$", 0)}, {}),
        ({"a": Source("https://x", "$", 78)}, {}),
        (SOURCES, {"rate": Combination(("north", "west"), By.MEDIAN, 1)}),
        (SOURCES, {"north": Combination(("north", "east"), By.MEDIAN, 1)}),
    ],
)
def test_sources_that_no_block_can_hold(
    sources: dict[str, Source], combined: dict[str, Combination]
) -> None:
    """They are refused when the program is made, not when it is paid for."""
    with pytest.raises(ProgramError):
        program(sources=sources, combined=combined)(_one)


def _one() -> uint256:
    return 1


def _main_of(made: ProgramFunction[..., Any]) -> Callable[..., Any]:
    """``main`` of the file, run in a namespace that has nothing of this module."""
    namespace: dict[str, Any] = {}
    code = b"from __future__ import annotations\n" + made.program.source
    exec(compile(code, "program.py", "exec", dont_inherit=True), namespace)  # noqa: S102 (its own file)
    main: Callable[..., Any] = namespace["main"]
    return main


def test_the_file_runs_alone() -> None:
    """Loops, nested functions, comprehensions, recursion and imports inside survive the journey."""

    @program(runtime="other:1")
    def main(n: uint8, texts: list[string]) -> tuple[uint256, list[tuple[bool, bytes_]]]:
        # A comment.
        from math import gcd  # noqa: PLC0415

        def fibonacci(i: uint8) -> uint256:
            return i if i < 2 else fibonacci(i - 1) + fibonacci(i - 2)

        class Box:
            half = gcd(4, 6) // 2
            size = 2 * half

        if n > 20:
            return main(20, texts)
        return fibonacci(n) + Box.size, [(bool(t), t.encode()) for t in texts]

    assert main.program.metadata.runtime == "other:1"
    assert [str(parameter) for parameter in main.program.inputs] == ["uint8 n", "string[] texts"]
    assert main.program.outputs == ("uint256", "(bool,bytes)[]")
    assert main.program.source.endswith(b"for t in texts]\n")
    assert _main_of(main)(30, ["a", ""]) == main(30, ["a", ""]) == (6767, [(True, b"a"), (False, b"")])


def test_nothing_in_nothing_out() -> None:
    """A program may take and return nothing."""

    @program
    def idle() -> None:
        pass

    assert (idle.program.inputs, idle.program.outputs) == ((), ())


class TestFiles:
    """Data files by content, path or CID."""

    def test_contents_and_cids(self, tmp_path: Path) -> None:
        """Bytes and paths are kept to be published; a CID alone is only named."""
        (tmp_path / "a").write_bytes(b"path")
        known = Cid.of(b"elsewhere")

        @program(files={"a": tmp_path / "a", "b": b"bytes", "c": known, "d": str(known)})
        def size() -> uint256:
            from chainboy.programs.guest import files  # noqa: PLC0415

            return len(files["a"]) + len(files["b"])

        assert size.contents == {Cid.of(b"path"): b"path", Cid.of(b"bytes"): b"bytes"}
        assert dict(size.program.metadata.files) == {
            "a": Cid.of(b"path"), "b": Cid.of(b"bytes"), "c": known, "d": known,
        }  # fmt: skip
        assert size() == 9
        assert not guest.files

    def test_a_relative_path_starts_beside_the_function(self) -> None:
        """Not in the working directory, which is another one every day."""

        @program(files={"me": Path(__file__).name})
        def nothing() -> None:
            pass

        assert list(nothing.contents) == [Cid.of(Path(__file__).read_bytes())]

    def test_missing_file(self) -> None:
        """A path that leads nowhere is a ProgramError."""
        with pytest.raises(ProgramError, match="'a' cannot be read"):
            program(files={"a": "nowhere"})(_alone)

    def test_large_file(self) -> None:
        """More than 1 MiB is refused before anything is published."""
        with pytest.raises(ProgramError, match="1048577 bytes; split it"):
            program(files={"a": bytes(2**20 + 1)})(_alone)

    def test_name(self) -> None:
        """A name the grammar cannot write is refused."""
        with pytest.raises(ProgramError, match="cannot be read as metadata"):
            program(files={"a b": b""})(_alone)


def _alone() -> None:
    pass


def _uses_global(n: uint8) -> uint8:
    return n + OUTSIDE


def _uses_module(n: uint8) -> uint8:
    return len(ast.dump(ast.Constant(n)))


def _sets_global() -> None:
    global OUTSIDE  # noqa: PLW0603
    OUTSIDE = 4


def _nested_global(n: uint8) -> uint8:
    def add(x: uint8) -> uint8:
        return x + OUTSIDE

    return max(add(i) for i in range(n))


def _no_annotation(n) -> uint8:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return n


def _no_return(n: uint8):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return n


def _plain_int(n: int) -> uint8:
    return n


def _variadic(*n: uint8) -> uint8:
    return len(n)


def _named(*, n: uint8) -> uint8:
    return n


def _default(n: uint8 = 1) -> uint8:
    return n


def _unknown(n: uint7) -> uint8:  # type: ignore[name-defined]  # noqa: F821
    return n  # type: ignore[no-any-return]


def _ellipsis(n: tuple[uint8, ...]) -> uint8:
    return len(n)


def _generator(n: uint8) -> Iterator[uint8]:
    yield n


async def _coroutine(n: uint8) -> uint8:
    return n


@cache
def _other_decorator(n: uint8) -> uint8:
    return n


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_uses_global, "uses 'OUTSIDE' from outside"),
        (_uses_module, "uses 'ast' from outside"),
        (_sets_global, "uses 'OUTSIDE' from outside"),
        (_nested_global, "uses 'OUTSIDE' from outside"),
        (_no_annotation, "does not annotate n"),
        (_no_return, "does not annotate what it returns"),
        (_plain_int, "no ABI type"),
        (_variadic, "arguments are all positional"),
        (_named, "arguments are all positional"),
        (_default, "gives n a default"),
        (_unknown, "cannot be resolved"),
        (_ellipsis, "no ABI type"),
        (_coroutine, "asynchronous"),
        (_other_decorator, "written with def"),
        (lambda: 1, "written with def"),
        (len, "written with def"),
    ],
)
def test_what_cannot_travel(function: Callable[..., Any], message: str) -> None:
    """Each function that would not be the same elsewhere is a ProgramError naming the reason."""
    with pytest.raises(ProgramError, match=message):
        program(function)


def test_generator() -> None:
    """A generator function has no values to return at once."""

    def numbers() -> uint8:  # type: ignore[misc]
        yield 1

    with pytest.raises(ProgramError, match="generator"):
        program(numbers)


def test_closure() -> None:
    """A variable of the function around is named as what is missing."""
    local = 2

    def closure(n: uint8) -> uint8:
        return n + local

    with pytest.raises(ProgramError, match="uses 'local' from outside"):
        program(closure)


def test_two_decorators() -> None:
    """Another decorator would be lost on the way."""

    def same(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    with pytest.raises(ProgramError, match="other decorators"):

        @program
        @same
        def twice() -> None:
            pass


def test_text_that_dedenting_would_change() -> None:
    """An indented text over several lines would lose blanks: refused rather than changed."""
    with pytest.raises(ProgramError, match="text over several lines"):

        @program
        def poem() -> string:
            return """
            roses
            """


def test_text_left_of_the_function() -> None:
    """A text that reaches further left than the function cannot be moved at all."""
    with pytest.raises(ProgramError, match="text over several lines"):

        @program
        def poem() -> string:
            return """
    roses
"""


def test_no_source() -> None:
    """A function made from a string has no source to send."""
    namespace: dict[str, Any] = {"uint8": uint8}
    exec("def made(n: uint8) -> uint8:\n    return n\n", namespace)  # noqa: S102 (a function without source)
    with pytest.raises(ProgramError, match="source of made"):
        program(namespace["made"])


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (uint256, "uint256"),
        (int8, "int8"),
        (bool_, "bool"),
        (bool, "bool"),
        (str, "string"),
        (string, "string"),
        (address, "address"),
        (bytes4, "bytes4"),
        (bytes_, "bytes"),
        (bytes, "bytes"),
        (list[list[uint8]], "uint8[][]"),
        (tuple[uint8, list[bool]], "(uint8,bool[])"),
        (Annotated[int, "a note", Abi("uint8")], "uint8"),
    ],
)
def test_annotations(annotation: Any, name: str) -> None:
    """Each annotation stands for one ABI type."""
    assert abi_type(annotation) == name


@pytest.mark.parametrize(
    "annotation",
    [int, float, None, list, list[int], dict[str, int], tuple[()], "uint8", Annotated[int, "uint8"]],
)
def test_no_annotation(annotation: Any) -> None:
    """What has no ABI type is refused."""
    with pytest.raises(ProgramError, match="no ABI type"):
        abi_type(annotation)


def test_every_type_is_there() -> None:
    """All integer widths and byte counts are exported under their own names."""
    names = [f"{sign}int{bits}" for sign in ("", "u") for bits in range(8, 257, 8)]
    names += [f"bytes{count}" for count in range(1, 33)]
    assert [abi_type(getattr(abi, name)) for name in names] == names
