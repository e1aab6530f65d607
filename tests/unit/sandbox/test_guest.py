"""The guest's own modules, on this interpreter: metadata, the driver, its log, its stubs."""
# ruff: noqa: ARG001 (fixtures that only have to be there)

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from chainboy.programs.metadata import parse
from chainboy.sandbox.guest import codec, driver, logs, metadata
from chainboy.sandbox.guest.stubs import chainboy as stub
from chainboy.sandbox.guest.stubs.chainboy import abi

HEAD = '# /// chainboy\n# runtime = "cpython-wasm:1"\n# inputs = ["uint8"]\n# outputs = ["uint8"]\n# ///\n'


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stub under the name programs import it by; streams, modules and generator as they were after."""
    monkeypatch.setitem(sys.modules, "chainboy", stub)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    state = random.getstate()
    yield stub
    random.setstate(state)
    sys.modules.pop("program", None)


def run(source: str, number: int = 5) -> driver.Answer:
    """One run of ``source`` under the usual block."""
    return driver.run((HEAD + source).encode(), number.to_bytes(32, "big"), {"a": b"xy"}, {"v": 3})


def test_a_block_is_read_as_the_host_reads_it() -> None:
    """Both readers see the same types in the same file, with either line ending."""
    for text in (HEAD, HEAD.replace("\n", "\r\n"), "import os\n" + HEAD + "x = 1"):
        inputs, outputs = metadata.signature(text)
        assert (len(inputs), len(outputs)) == (1, 1)
        assert parse(text.encode()).declared_inputs == ("uint8",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD + HEAD,
        HEAD.replace("# ///\n", ""),
        HEAD.replace("# ///\n", "#///\n"),
        HEAD.replace('["uint8"]', '"uint8"'),
        HEAD.replace('["uint8"]', "[8]"),
        HEAD.replace('["uint8"]', '["uint9"]'),
        HEAD.replace('["uint8"]', "[" + '"uint8",' * 65 + "]"),
        HEAD.replace('["uint8"]', "["),
        HEAD.replace("# inputs", "inputs"),
    ],
)
def test_a_bad_block_is_refused(text: str) -> None:
    """Missing, doubled, open, or with types that are none."""
    with pytest.raises(metadata.BlockError):
        metadata.signature(text)


def test_main_gets_its_arguments_and_data(guest: ModuleType) -> None:
    """Decoded input goes in by position, files and values by import; the result comes out encoded."""
    answer = run("from chainboy import files, values\ndef main(n): return n + len(files['a']) + values['v']")
    assert answer == (driver.OK, (10).to_bytes(32, "big"), "")
    assert dict(guest.files) == {"a": b"xy"}


def test_random_is_seeded_from_program_and_input(guest: ModuleType) -> None:
    """The same run draws the same number, another input another one."""
    source = "import random\ndef main(n): return random.getrandbits(8)"
    found = [run(source, number).payload for number in (1, 1, 2, 3, 4)]
    assert found[0] == found[1]
    assert len(set(found)) > 1


@pytest.mark.parametrize(
    ("source", "name", "log"),
    [
        (
            "def main(n): 1 / 0",
            "ZeroDivisionError",
            "  line 6, in main\nZeroDivisionError: division by zero\n",
        ),
        ("def main(n): raise SystemExit", "SystemExit", "  line 6, in main\nSystemExit: \n"),
        ("x = = 1", "SyntaxError", "SyntaxError: invalid syntax (line 6)\n"),
        ("x = 1", "ProgramError", "ProgramError: the program has no function main\n"),
        ("def main(n): return 256", "OutputError", None),
        ("def main(n): return 1, 2", "OutputError", None),
        (
            "class E(Exception):\n def __str__(s): 1 / 0\ndef main(n): raise E('x')",
            "E",
            "  line 8, in main\nE\n",
        ),
        ("def main(n): raise ValueError([1])", "ValueError", "  line 6, in main\nValueError\n"),
        ("def main(n): raise ValueError(1 << 99999)", "ValueError", "  line 6, in main\nValueError\n"),
        ("def main(n): raise type('é', (Exception,), {})", "Exception", None),
    ],
)
def test_failures_have_names_and_logs(guest: ModuleType, source: str, name: str, log: str | None) -> None:
    """An outcome has the class's name; the log says where, and runs no code of the program's."""
    answer = run(source)
    assert answer[:2] == (driver.RAISED, name.encode())
    assert log is None or answer.logs == log


def test_programs_that_are_none(guest: ModuleType) -> None:
    """Text that is no UTF-8, no block, input that does not fit."""
    word = bytes(32)
    assert driver.run(b"\xff", b"", {}, {}).payload == b"ProgramError"
    assert driver.run(b"def main(): pass", b"", {}, {}).payload == b"ProgramError"
    assert driver.run((HEAD + "def main(n): pass").encode(), word + b"\0", {}, {}).payload == b"InputError"


def test_results_by_number_of_outputs() -> None:
    """One is itself, several are a list or tuple, none is None."""
    kind = codec.parse("uint8")
    assert driver._results([kind], (1,)) == [(1,)]
    assert driver._results([kind, kind], (1, 2)) == [1, 2]
    assert driver._results([], None) == []
    with pytest.raises(driver._Refused):
        driver._payload([], 0)
    with pytest.raises(driver._Refused):
        driver._payload([codec.parse("bytes")], bytes(833))


def test_the_log_is_capped_but_keeps_the_last_word() -> None:
    """Printing more than the limit costs nothing but what was too much; a note is kept."""
    log = logs.Log()
    log.stream.write("x" * (logs.LIMIT + 5))
    log.stream.write("\ud800y")
    log.note("the end")
    assert log.text() == "x" * logs.LIMIT + "the end\n"


def test_the_stubs_mean_nothing() -> None:
    """The decorator returns what it is given, and any type can be named, indexed, joined and called."""

    def function() -> int:
        return 1

    assert stub.program(function) is function
    assert stub.program(runtime="x")(function) is function
    kind = abi.uint256
    assert kind[3](7) == 7
    assert (kind | None).__class__ is kind.__class__
    with pytest.raises(AttributeError):
        _ = abi.__wrapped__
