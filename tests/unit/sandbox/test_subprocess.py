"""The debugging sandbox says what it is, and ends what does not end."""

from __future__ import annotations

import logging

import pytest

from chainboy.errors import SandboxError
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.sandbox.subprocess import SubprocessSandbox, UnsafeSandboxWarning
from chainboy.units import Fuel


def test_it_says_loudly_that_it_isolates_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A warning and a log record, each time."""
    with caplog.at_level(logging.WARNING), pytest.warns(UnsafeSandboxWarning, match="NOTHING"):
        sandbox = SubprocessSandbox()
    assert "NOTHING" in caplog.text
    assert sandbox.serves(DEFAULT)
    assert not sandbox.serves("another")


def test_it_gives_up_on_what_does_not_end() -> None:
    """Without fuel there is only the wall clock, and that is no outcome."""
    with pytest.warns(UnsafeSandboxWarning):
        sandbox = SubprocessSandbox(wall_clock_limit=0.5)
    with pytest.raises(SandboxError, match="over 0"):
        sandbox.run(Job(program=b"# /// chainboy\n# ///\nwhile True: pass", input=b"", fuel_limit=Fuel(1)))
