"""Asks the runtime itself whether it can read a program, whose Python may be newer than this one's."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from chainboy.consensus.outcome import Status
from chainboy.doctor.finding import Finding, Severity
from chainboy.doctor.price import MOST_FUEL
from chainboy.doctor.rules import RULES
from chainboy.programs.program import Program
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.runtimes import DEFAULT

_COMPILER = f"""# /// chainboy
# runtime = "{DEFAULT}"
# inputs = ["bytes source"]
# ///
def main(source):
    compile(source.decode(), "program.py", "exec", dont_inherit=True)
"""


def compiles(source: bytes, sandbox: Sandbox) -> bool:
    """Whether the runtime takes ``source`` for Python; ``sandbox`` serves the default runtime."""
    compiler = Program(_COMPILER.encode())
    job = Job(program=compiler.source, input=compiler.encode_input(source), fuel_limit=MOST_FUEL)
    return sandbox.run(job).outcome.status is Status.OK


def corrected(
    findings: Iterable[Finding], source: bytes, sandboxes: Iterable[Sandbox]
) -> tuple[Finding, ...]:
    """``findings``, with no complaint about syntax that the runtime takes, but a word that none was read."""
    kept = tuple(findings)
    asked = next((each for each in sandboxes if each.serves(DEFAULT)), None)
    if asked is None or not any(finding.rule == "syntax" for finding in kept) or not compiles(source, asked):
        return kept
    rule = RULES["newer-syntax"]
    message = f"the rest of this program {rule.why}; {rule.advice}"
    return tuple(
        attrs.evolve(finding, rule=rule.id, severity=Severity.WARNING, message=message)
        if finding.rule == "syntax"
        else finding
        for finding in kept
    )
