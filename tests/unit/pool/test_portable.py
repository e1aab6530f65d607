"""What is sent to where programs run, and what comes back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import ConfigError, RuntimeNotServed, SandboxError, SandboxFault
from chainboy.pool import Portable, run
from chainboy.pool.portable import Packed, _unpacked
from chainboy.pool.running import plain
from chainboy.sandbox.golden import vectors
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.testing.node_fakes import FAKE_RUNTIME, FakeSandbox
from chainboy.testing.pool_sandbox import Stubborn

JOB = Job(program=b"", input=b"abc", fuel_limit=9)


def sent(thing: Any) -> Any:
    """As it arrives in another process."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


def test_here_it_is_itself() -> None:
    """Nothing is packed where nothing travels: a sandbox that cannot be pickled runs in threads."""
    sandbox = FakeSandbox(lambda job: Outcome(Status.OK, 1, job.input))
    portable = Portable(sandbox)
    assert portable.serves(FAKE_RUNTIME)
    assert portable.run(JOB).outcome.payload == b"abc"
    assert sandbox.jobs == [JOB]


def test_what_cannot_travel_is_told() -> None:
    """With what to do instead."""
    with pytest.raises(ConfigError, match=r'FakeSandbox cannot be sent .* choose kind = "threads"'):
        pickle.dumps(Portable(FakeSandbox(lambda job: Outcome(Status.OK, 1, job.input))))


def test_it_is_made_once_in_a_process() -> None:
    """However often it is sent; another configuration is another sandbox."""
    first, again = sent(Portable(FakeSandbox())), sent(Portable(FakeSandbox()))
    assert isinstance(first, Packed)
    assert first.serves(FAKE_RUNTIME)
    assert first.run(JOB) == again.run(JOB) == Run(outcome=Outcome(Status.OK, 3, b"abc"))
    assert _unpacked(first.data).jobs == [JOB, JOB]  # type: ignore[attr-defined]
    assert sent(first) == first


def test_only_its_configuration_travels(tmp_path: Path) -> None:
    """Not what it has loaded, and nothing of the node; a few hundred bytes."""
    sandbox = WasmSandbox(wall_clock_limit=7)
    before = pickle.dumps(Portable(sandbox))
    sandbox.load()
    after = pickle.dumps((run, Portable(sandbox), JOB))
    assert len(before) < len(after) < 1_000
    assert b"chainboy.node" not in after
    arrived = sent(Portable(sandbox))
    assert arrived.serves(DEFAULT)
    vector = vectors()[0]
    assert run(arrived, vector.job).outcome == vector.outcome
    other = sent(WasmSandbox(tmp_path, 3.0))
    assert other._configuration == (tmp_path, 3.0, DEFAULT)


class Wrong(FakeSandbox):
    """Another machine's engine: it serves the runtime, and gives other outcomes."""

    def serves(self, runtime: str) -> bool:
        """The real one."""
        return runtime == DEFAULT


def test_it_is_tested_where_it_arrives() -> None:
    """One that does not run there as released serves nothing there."""
    arrived = sent(Portable(Wrong()))
    for _ in range(2):
        with pytest.raises(SandboxError, match="does not run here as released"):
            run(arrived, JOB)


@pytest.mark.parametrize("kind", [SandboxError, RuntimeNotServed])
def test_a_sandboxs_own_errors(kind: type[Exception]) -> None:
    """Arrive as they are, as text: a subclass that only its author has would not."""

    class Special(kind):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__("told")

    def fail(_job: Job) -> Outcome:
        raise Special

    with pytest.raises(kind, match="told") as raised:
        run(FakeSandbox(fail), JOB)
    assert type(raised.value) is kind
    assert raised.value.__context__ is None
    assert str(sent(raised.value)) == "told"


def test_any_other_error() -> None:
    """Is a fault of the sandbox, told with where it happened, whatever it holds."""

    def fail(_job: Job) -> Outcome:
        raise Stubborn("a bug", how="very")

    with pytest.raises(SandboxFault, match="failed with Stubborn") as raised:
        run(FakeSandbox(fail), JOB)
    arrived = sent(raised.value)
    assert str(arrived) == str(raised.value)
    assert "a bug" in arrived.trace
    assert plain(arrived) is arrived


@pytest.mark.parametrize(
    "found",
    [
        None,
        Run(outcome=None),  # type: ignore[arg-type]
        Run(outcome=Outcome(Status.OK, 1, bytearray(b"x"))),  # type: ignore[arg-type]
        Run(outcome=Outcome(Status.OK, 1, b""), logs=b"x"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_run(found: Any) -> None:
    """Never leaves where it was made."""

    class Careless(FakeSandbox):
        def run(self, job: Job) -> Run:
            del job
            return found

    with pytest.raises(SandboxFault, match="no whole Run"):
        run(Careless(), JOB)
