"""What every sandbox must do with friendly and hostile programs: subclass, give it yours, run pytest.

    class TestMine(SandboxConformance):
        metered = True

        @pytest.fixture
        def sandbox(self):
            return MySandbox(wall_clock_limit=5)

A sandbox that does not meter has fuel 0 and cannot end a program that never ends with an outcome: it
abstains. Its cases are run with the expectations for that; give it a wall-clock limit of a few seconds,
and as ``impatient`` one with a limit that an ordinary program just keeps.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from eth_abi.abi import encode

from chainboy.consensus.outcome import MAX_OUTCOME, Outcome, Status
from chainboy.errors import SandboxError
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.testing.sandbox_cases import ABSTAINS, REPEATS, Case, Expected
from chainboy.testing.sandbox_friendly import FRIENDLY
from chainboy.testing.sandbox_hostile import HOSTILE
from chainboy.units import Fuel

_FUEL = Fuel(10**10)
_RAW = b"# /// chainboy\n# outputs = ['uint8']\n# ///\n"


class SandboxConformance:
    """The tests; ``metered`` says whether the sandbox counts fuel, ``runtime`` what it must serve."""

    metered: ClassVar[bool] = True
    runtime: ClassVar[str] = DEFAULT

    @pytest.fixture
    def sandbox(self) -> Sandbox:
        """The sandbox under test."""
        raise NotImplementedError("give the sandbox to test as a fixture of this name")

    @pytest.fixture
    def impatient(self, sandbox: Sandbox) -> Sandbox:
        """The one that programs are given to that it can only give up."""
        return sandbox

    @pytest.mark.parametrize("case", FRIENDLY, ids=str)
    def test_friendly(self, sandbox: Sandbox, case: Case) -> None:
        """An ordinary program has the outcome its source says."""
        self.check(sandbox, case)

    @pytest.mark.parametrize("case", HOSTILE, ids=str)
    def test_hostile(self, sandbox: Sandbox, impatient: Sandbox, case: Case) -> None:
        """A program that means harm has exactly one outcome, and it is this one."""
        self.check(impatient if self.expected(case) is ABSTAINS else sandbox, case)

    @pytest.mark.parametrize(
        ("program", "name"),
        [
            (b"def main(): return 1", "ProgramError"),
            (_RAW + b"x = 1", "ProgramError"),
            (_RAW + _RAW + b"def main(): return 1", "ProgramError"),
            (b"# /// chainboy\n# outputs = ['uint7']\n# ///\ndef main(): return 1", "ProgramError"),
            (b"# /// chainboy\n# outputs = 7\n# ///\ndef main(): return 1", "ProgramError"),
            (b"# /// chainboy\n# outputs = [\n# ///\ndef main(): return 1", "ProgramError"),
            (b"# /// chainboy\n# outputs = ['uint8']\ndef main(): return 1", "ProgramError"),
            (_RAW + b"def main(): return '\xff'", "ProgramError"),
            (_RAW + b"def main(: return 1", "SyntaxError"),
            (_RAW + b"return 1", "SyntaxError"),
        ],
    )
    def test_what_is_no_program_raises(self, sandbox: Sandbox, program: bytes, name: str) -> None:
        """Bytes that are no program are an outcome, too."""
        outcome = sandbox.run(Job(program=program, input=b"", fuel_limit=_FUEL)).outcome
        assert (outcome.status, outcome.payload) == (Status.RAISED, name.encode())

    @pytest.mark.parametrize(
        ("types", "data"),
        [
            ("'uint8'", b""),
            ("'uint8'", bytes(31) + b"\x01\x00"),
            ("'uint8'", bytes(30) + b"\x01\x00"),
            ("'bool'", bytes(31) + b"\x02"),
            ("'bytes1'", b"ab" + bytes(30)),
            ("'address'", b"\x01" + bytes(31)),
            ("'bytes'", (64).to_bytes(32, "big") + bytes(64)),
            ("'string'", encode(["bytes"], [b"\xff"])),
            ("'uint8[]'", (32).to_bytes(32, "big") + (2**200).to_bytes(32, "big")),
            ("", bytes(32)),
        ],
    )
    def test_input_that_is_not_canonical_raises(self, sandbox: Sandbox, types: str, data: bytes) -> None:
        """An input has one encoding; everything else is an InputError."""
        program = f"# /// chainboy\n# inputs = [{types}]\n# ///\ndef main(*_): pass".encode()
        outcome = sandbox.run(Job(program=program, input=data, fuel_limit=_FUEL)).outcome
        assert (outcome.status, outcome.payload) == (Status.RAISED, b"InputError")

    def test_largest_outcome(self, sandbox: Sandbox) -> None:
        """A result of 896 encoded bytes still fits an outcome, one more word does not."""
        program = b"# /// chainboy\n# inputs = ['uint16']\n# outputs = ['bytes']\n# ///\nmain = bytes"
        found = [
            sandbox.run(Job(program=program, input=encode(["uint16"], [size]), fuel_limit=_FUEL)).outcome
            for size in (832, 833)
        ]
        assert len(found[0].encode()) == MAX_OUTCOME
        assert (found[1].status, found[1].payload) == (Status.RAISED, b"OutputError")

    def test_many_threads(self, sandbox: Sandbox) -> None:
        """Runs at the same time do not see each other."""
        program = b"""# /// chainboy
# inputs = ["uint256"]
# outputs = ["uint256"]
# ///
import sys
def main(n):
    for i in range(20000): sys.left = getattr(sys, "left", 0) + n
    return sys.left
"""
        jobs = [
            Job(program=program, input=encode(["uint256"], [n]), fuel_limit=_FUEL)
            for n in (1, 2, 3, 4, 1, 2, 3, 4)
        ]
        with ThreadPoolExecutor(4) as pool:
            found = [run.outcome for run in pool.map(sandbox.run, jobs)]
        assert [int.from_bytes(outcome.payload, "big") for outcome in found] == [
            20000 * n for n in (1, 2, 3, 4, 1, 2, 3, 4)
        ]
        assert found[:4] == found[4:]

    def test_log_is_kept_and_not_counted(self, sandbox: Sandbox) -> None:
        """What a program prints is returned beside the outcome."""
        program = _RAW + b"import sys\ndef main():\n print('one'); sys.stderr.write('two')\n return 3"
        run = sandbox.run(Job(program=program, input=b"", fuel_limit=_FUEL))
        assert run.logs == "one\ntwo"
        assert run.outcome.payload == encode(["uint8"], [3])

    def test_serves_its_runtime_only(self, sandbox: Sandbox) -> None:
        """A runtime is served by name, and an unknown one is not."""
        assert sandbox.serves(self.runtime)
        assert not sandbox.serves("cpython-wasm:0")

    def expected(self, case: Case) -> Expected:
        """What ``case`` must come to in a sandbox of this kind."""
        return case.metered if self.metered else case.unmetered

    def check(self, sandbox: Sandbox, case: Case) -> None:
        """Run ``case``, twice if its outcome must repeat, and compare with what is expected of it."""
        expected = self.expected(case)
        job = case.job()
        if expected is ABSTAINS:
            with pytest.raises(SandboxError):
                sandbox.run(job)
            return
        outcome = sandbox.run(job).outcome
        assert _seen(outcome, expected) == expected
        assert len(outcome.encode()) <= MAX_OUTCOME
        self._check_fuel(sandbox, job, outcome)

    def _check_fuel(self, sandbox: Sandbox, job: Job, outcome: Outcome) -> None:
        if not self.metered:
            assert outcome.fuel == 0
        elif outcome.status is Status.OUT_OF_FUEL:
            assert outcome.fuel == job.fuel_limit
        else:
            assert 0 < outcome.fuel < job.fuel_limit
            assert sandbox.run(job).outcome == outcome


def _seen(outcome: Outcome, expected: Expected) -> Expected:
    if expected == REPEATS and outcome.status is Status.OK:
        return REPEATS
    return Expected(outcome.status, outcome.payload)
