"""The whole examination: what is run where, how runs are compared, and what a reader is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from ailments import program
from eth_abi.abi import encode

from chainboy.cid import Cid
from chainboy.consensus.outcome import Outcome, Status
from chainboy.content import MemoryStore
from chainboy.doctor import Place, Rates, Report, Severity, dry_run, examine, probe
from chainboy.doctor.telling import to_lines, to_table, trial_lines, trial_table
from chainboy.errors import InputError, ProgramError, RuntimeNotServed
from chainboy.programs.program import Program
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.runtimes import DEFAULT, MIB
from chainboy.sandbox.subprocess import SubprocessSandbox, UnsafeSandboxWarning
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel

ADDS = program("def main(n): return n + 1", '"uint256"', '# inputs = ["uint256 n"]')
NOTHING = program("def main(): return 7")
IMAGE = "docker:python@sha256:" + "ab" * 32


@attrs.define
class Fake:
    """Gives its outcomes one after the other, and keeps what it was asked."""

    outcomes: Sequence[Outcome]
    runtime: str = DEFAULT
    jobs: list[Job] = attrs.field(factory=list)

    def serves(self, runtime: str) -> bool:
        """One runtime."""
        return runtime == self.runtime

    def run(self, job: Job) -> Run:
        """The next outcome."""
        self.jobs.append(job)
        return Run(
            outcome=self.outcomes[(len(self.jobs) - 1) % len(self.outcomes)], memory=MIB, logs="said\n"
        )


def outcome(value: int, fuel: int = 5, status: Status = Status.OK) -> Outcome:
    """One that returned a number."""
    return Outcome(status, Fuel(fuel), encode(["uint256"], [value]))


def place(*outcomes: Outcome, name: str = "one", same: bool = True) -> Place:
    """A fake that gives these."""
    return Place(name=name, sandbox=Fake(outcomes), same=same)


@pytest.fixture(scope="module")
def wasm() -> WasmSandbox:
    """The real thing."""
    return WasmSandbox()


def test_the_real_runtime_twice(wasm: WasmSandbox) -> None:
    """Two sandboxes agree to the last unit of fuel; memory and cost are told."""
    places = [Place(name="one", sandbox=wasm), Place(name="two", sandbox=WasmSandbox())]
    report = examine(ADDS, {"n": 41}, places, rates=Rates(per_megafuel=10**9))
    assert report.ok
    assert [attempt.place.name for attempt in report.attempts] == ["one", "two"]
    first, second = (attempt.run for attempt in report.attempts)
    assert first.outcome == second.outcome
    assert first.outcome.payload == encode(["uint256"], [42])
    assert first.memory is not None
    assert 16 * MIB < first.memory < 256 * MIB
    assert report.cost is not None
    assert report.cost.fuel_limit > first.outcome.fuel
    rerun = dry_run(Program(ADDS), {"n": 41}, sandboxes=[wasm], fuel_limit=report.cost.fuel_limit)
    assert (rerun.value, rerun.fuel) == (42, first.outcome.fuel)


def test_memory_is_the_most_there_was(wasm: WasmSandbox) -> None:
    """What is freed again counts, and a run that hits the limit had nearly all of it."""

    def most(body: str) -> int:
        found = dry_run(Program(program(f"def main():\n  {body}\n  return 1")), sandboxes=[wasm]).memory
        assert found is not None
        return found

    idle = most("pass")
    assert most("x = bytes(40 << 20); del x") - idle >= 39 * MIB
    assert most("x = [bytes(10 << 20) for _ in range(100)]") > 240 * MIB


def test_a_place_alone_runs_twice() -> None:
    """Whatever the runtime, so that an image is compared with itself."""
    source = NOTHING.replace(DEFAULT.encode(), IMAGE.encode())
    docker = Fake([outcome(7)], IMAGE)
    report = examine(source, None, [place(outcome(7)), Place(name="Docker", sandbox=docker)])
    assert [attempt.place.name for attempt in report.attempts] == ["Docker", "Docker again"]
    assert report.ok
    with pytest.raises(RuntimeNotServed, match="docker:python"):
        examine(source, None, [place(outcome(7))])
    with pytest.raises(RuntimeNotServed, match="docker:python"):
        dry_run(Program(source))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (outcome(8), ["one returned 7, two returned 8"]),
        (outcome(7, fuel=6), ["one used 5 of fuel, two 6"]),
        (Outcome(Status.RAISED, Fuel(5), b"KeyError"), ["one returned 7, two raised KeyError"]),
        (Outcome(Status.OUT_OF_FUEL, Fuel(5), b""), ["one returned 7, two ran out of fuel"]),
        (Outcome(Status.ABORTED, Fuel(5), b""), ["one returned 7, two was aborted by its runtime"]),
        (
            Outcome(Status.OK, Fuel(5), b""),
            ["one returned 7, two returned 0x, which is not of its output types"],
        ),
        (outcome(8, fuel=9), ["one returned 7, two returned 8", "one used 5 of fuel, two 9"]),
    ],
)
def test_runs_that_differ(second: Outcome, told: list[str]) -> None:
    """Where they have to agree that is a fault, whatever the rules found; elsewhere it is a hint."""
    report = examine(NOTHING, None, [place(outcome(7)), place(second, name="two")])
    assert list(report.differences) == told
    assert not report.ok
    assert "not deterministic" in list(to_lines(report))[-1]
    others = [place(outcome(7)), place(second, name="two", same=False)]
    hinted = examine(NOTHING, None, others)
    assert hinted.ok
    assert list(hinted.indications) == [text for text in told if "fuel, two" not in text]
    assert [attempt.place.same for attempt in hinted.attempts] == [True, True, False]


def test_another_python_shows_the_order_of_sets(wasm: WasmSandbox) -> None:
    """Two hash seeds: a result that hangs on the order of a set differs, one that does not is the same."""
    with pytest.warns(UnsafeSandboxWarning):
        seeds = [SubprocessSandbox(environment={"PYTHONHASHSEED": seed}) for seed in ("1", "2")]
    places = [Place(name="WebAssembly", sandbox=wasm)]
    places += [Place(name=f"seed {n}", sandbox=each, same=False) for n, each in enumerate(seeds)]
    words = "{str(n) * 3 for n in range(20)}"
    ill = examine(program(f"def main(): return '-'.join({words})", '"string"'), None, places)
    assert ill.ok
    assert len(ill.indications) == 2
    assert [finding.rule for finding in ill.findings] == ["set-order"]
    well = examine(program(f"def main(): return '-'.join(sorted({words}))", '"string"'), None, places)
    assert (well.indications, well.findings) == ((), ())


@pytest.mark.parametrize(
    ("source", "arguments", "places", "why"),
    [
        (ADDS, None, [place(outcome(1))], "arguments"),
        (NOTHING, None, [], "sandbox"),
        (NOTHING.replace(b"uint256", b"uint"), None, [place(outcome(1))], "metadata"),
        (
            program("def main(): return 1", '"uint8"', "# [files]", f'# a = "{Cid.of(b"")}"'),
            None,
            [place(outcome(1))],
            "data",
        ),
    ],
)
def test_why_there_is_no_run(
    source: bytes, arguments: dict[str, Any] | None, places: list[Place], why: str
) -> None:
    """The examination goes as far as it can."""
    report = examine(source, arguments, places)
    assert why in report.not_run
    assert (report.attempts, report.cost) == ((), None)
    assert any(line.startswith("not run: ") for line in to_lines(report))
    assert to_table(report)["run"] is None


def test_out_of_fuel_has_no_price() -> None:
    """What a larger limit would cost is not known."""
    report = examine(NOTHING, None, [place(Outcome(Status.OUT_OF_FUEL, Fuel(9), b""))])
    assert report.cost is None


DATA = program(
    "def main(): return 1",
    '"uint256"',
    "# [files]",
    f'# rates = "{Cid.of(b"rates")}"',
    "# [sources.spot]",
    '# url = "https://example.org"',
    '# pick = "$.price"',
)


def test_data_is_what_the_program_declares() -> None:
    """By hand or from a store; what is missing, wrong or too much is told."""
    store = MemoryStore()
    store.put(b"rates")
    for given in ({"files": {"rates": b"rates"}}, {"content": store}):
        fake = Fake([outcome(1)])
        dry_run(Program(DATA), sandboxes=[fake], values={"spot": -3}, **given)  # type: ignore[arg-type]
        assert dict(fake.jobs[0].files) == {"rates": b"rates"}
        assert dict(fake.jobs[0].values) == {"spot": -3}
    for wrong, word in (
        ({"values": {"spot": 1}}, "rates"),
        ({"files": {"rates": b"rates"}}, "spot"),
        ({"files": {"rates": b"rats"}, "values": {"spot": 1}}, "not bafkrei"),
        ({"files": {"rate": b"rates"}, "values": {"spot": 1}}, "'rate'"),
        ({"content": store, "values": {"spot": 1, "spit": 1}}, "'spit'"),
    ):
        with pytest.raises(InputError, match=word):
            dry_run(Program(DATA), sandboxes=[Fake([outcome(1)])], **wrong)  # type: ignore[arg-type]


def test_combined_values() -> None:
    """A program is told the combination, and nothing of the sources that are in it."""
    more = [f'# [sources.{name}]\n# url = "https://{name}.org"\n# pick = "$"' for name in "abc"]
    more.append('# [combined.rate]\n# of = ["a", "b"]\n# by = "median"')
    told = "from chainboy import values\ndef main(): return values['rate'] + values['c']"
    assert examine(program(told, '"uint256"', *more)).findings == ()
    member = examine(program(told.replace("'c'", "'a'"), '"uint256"', *more))
    assert [finding.rule for finding in member.findings] == ["undeclared-data"]
    fake = Fake([outcome(1)])
    source = Program(program(told, '"uint256"', *more))
    dry_run(source, sandboxes=[fake], values={"rate": 1, "c": 2})
    assert dict(fake.jobs[0].values) == {"rate": 1, "c": 2}
    with pytest.raises(InputError, match="'a'"):
        dry_run(source, sandboxes=[fake], values={"rate": 1, "c": 2, "a": 3})


def test_syntax_that_only_the_runtime_knows(wasm: WasmSandbox) -> None:
    """The runtime itself is asked: what it reads is no error, only unexamined."""
    newer = program("def main[T](x: T = 1): return 1\ntype A = int")
    report = examine(newer, None, [Place(name="one", sandbox=wasm)])
    assert report.ok
    if report.findings:  # this Python is older than the syntax
        assert [finding.rule for finding in report.findings] == ["newer-syntax"]
        assert report.findings[0].severity is Severity.WARNING
    assert probe.compiles(newer, wasm)
    broken = program("def main(:")
    assert not examine(broken, None, [Place(name="one", sandbox=wasm)]).ok
    assert not probe.compiles(broken, wasm)
    assert [finding.rule for finding in examine(broken).findings] == ["syntax"]


def test_arguments_that_do_not_fit() -> None:
    """As everywhere else."""
    with pytest.raises(InputError):
        examine(ADDS, {"n": "1"}, [place(outcome(1))])
    with pytest.raises(ProgramError):
        examine(b"\xff", None, [place(outcome(1))])


def test_a_report_as_json() -> None:
    """All of it, as JSON can say it, amounts of wei as text."""
    source = program("def main(): return hash(1)")
    report = examine(source, None, [place(outcome(7))], rates=Rates(per_megafuel=10**30))
    table = json.loads(json.dumps(to_table(report)))
    assert table["ok"] is True
    assert table["cid"] == str(Cid.of(source))
    assert table["run"] == {
        "status": "OK",
        "told": "returned 7",
        "payload": "0x" + "00" * 31 + "07",
        "fuel": 5,
        "memory": MIB,
        "seconds": 0.0,
    }
    assert table["cost"]["price"] == str(-(-7 * 10**30 // 10**6))
    assert [(each["line"], each["rule"]) for each in table["findings"]] == [(5, "hash")]
    assert to_table(examine(b""))["runtime"] is None


def test_a_report_for_readers() -> None:
    """What it is, what was found, how it ran, what it costs, and a verdict."""

    def lines(report: Report) -> str:
        return "\n".join(to_lines(report))

    priced = lines(examine(ADDS, {"n": 1}, [place(outcome(7))], rates=Rates(gas_price=1)))
    for part in (
        "takes    uint256 n",
        "returned 7",
        "1.0 MiB",
        "898252 wei in all",
        "no errors, 0 warnings, 2 runs",
    ):
        assert part in priced
    ill = lines(examine(program("import os\ndef main(): return hash(1)")))
    for part in ("line 5: error [missing-module]", "line 6: warning [hash]", "not ready"):
        assert part in ill
    assert "1 warning, not run" in lines(examine(program("def main(): return hash(1)")))


def test_a_run_for_readers() -> None:
    """With what it printed."""
    trial = dry_run(Program(NOTHING), sandboxes=[Fake([outcome(7)])])
    assert list(trial_lines(trial))[-2:] == ["log", "  said"]
    assert trial_table(trial)["logs"] == "said\n"
    quiet = attrs.evolve(trial, logs="", memory=None)
    assert [line.split()[0] for line in trial_lines(quiet)] == ["run", "fuel", "time"]


@pytest.mark.parametrize(
    ("outputs", "body", "told"),
    [
        ('"bytes", "string"', "b'\\x01', 'a'", "(0x01, 'a')"),
        ('"uint8[]", "(bool,bytes1)"', "[1, 2], (True, b'a')", "([1, 2], (True, 0x61))"),
        ('"(uint8)"', "(1,)", "(1,)"),
        ("", "None", "None"),
    ],
)
def test_results_are_shown(wasm: WasmSandbox, outputs: str, body: str, told: str) -> None:
    """Decoded, bytes in hex."""
    report = examine(program(f"def main(): return {body}", outputs), None, [Place(name="one", sandbox=wasm)])
    assert f"run      returned {told}" in list(to_lines(report))
