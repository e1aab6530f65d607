"""Which sandboxes are used: those that run as released, and those that cannot tell yet."""

from __future__ import annotations

import attrs
import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import SandboxError
from chainboy.sandbox.golden import vectors
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.proven import proven
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.units import Fuel


@attrs.frozen(eq=False)
class Remembering:
    """Knows the outcome of every golden vector but those whose names it is to forget."""

    forgotten: frozenset[str] = frozenset()
    runtime: str = DEFAULT

    def serves(self, runtime: str) -> bool:
        """By name."""
        return runtime == self.runtime

    def run(self, job: Job) -> Run:
        """From memory."""
        for vector in vectors():
            if vector.job == job and vector.name not in self.forgotten:
                return Run(outcome=vector.outcome)
        return Run(outcome=Outcome(Status.ABORTED, Fuel(0), b""))


class Absent(Remembering):
    """Nobody is there who could tell."""

    def serves(self, runtime: str) -> bool:
        """Not yet."""
        raise SandboxError(f"nobody knows about {runtime}; start it")


def test_what_is_used(caplog: pytest.LogCaptureFixture) -> None:
    """One wrong vector is enough to be left out; what serves other runtimes has none to run."""
    forgetful = Remembering(frozenset({vectors()[-1].name}))
    good, other, absent = Remembering(), Remembering(runtime="docker:x"), Absent()
    assert proven([forgetful, good, other, absent]) == (good, other, absent)
    assert "no program is run in Remembering" in caplog.text
    assert "Absent serves nothing yet: nobody knows" in caplog.text
