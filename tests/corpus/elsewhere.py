"""Runs jobs in a process whose surroundings the caller chose: ``elsewhere.py wasm|python < jobs``.

Standard input is a JSON list of jobs, standard output one of outcomes, both as ``jobs_text`` and
``outcomes_of`` write and read them. The plain Python forks for each job: a whole corpus takes a second.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainboy.consensus.outcome import Outcome
from chainboy.sandbox import guest
from chainboy.sandbox.answer import judge
from chainboy.sandbox.protocol import Job
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel


def jobs_text(jobs: list[Job]) -> bytes:
    """``jobs`` for standard input."""
    told = [
        {
            "program": job.program.hex(),
            "input": job.input.hex(),
            "fuel_limit": job.fuel_limit,
            "files": {name: content.hex() for name, content in job.files.items()},
            "values": dict(job.values),
        }
        for job in jobs
    ]
    return json.dumps(told).encode()


def outcomes_of(text: bytes) -> list[Outcome]:
    """The outcomes on standard output."""
    return [Outcome.decode(bytes.fromhex(each)) for each in json.loads(text)]


def read_jobs(text: str) -> list[Job]:
    """The jobs on standard input."""
    return [
        Job(
            program=bytes.fromhex(told["program"]),
            input=bytes.fromhex(told["input"]),
            fuel_limit=Fuel(told["fuel_limit"]),
            files={name: bytes.fromhex(content) for name, content in told["files"].items()},
            values=told["values"],
        )
        for told in json.loads(text)
    ]


def plain_python() -> Callable[[Job], Outcome]:
    """Runs jobs with this interpreter as :mod:`chainboy.sandbox.guest.child` does, each in a fork."""
    sys.path.insert(0, str(Path(guest.__file__).parent))
    import child  # type: ignore[import-not-found]  # noqa: PLC0415 - beside the guest

    for name in [name for name in sys.modules if name.partition(".")[0] == "chainboy"]:
        del sys.modules[name]  # programs import the guest's own
    fork, pipe, read, write, leave, wait = os.fork, os.pipe, os.read, os.write, os._exit, os.waitpid
    driver, rules = child._guest()
    kept = rules.prepare()
    rules.close()

    def run(job: Job) -> Outcome:
        receiver, sender = pipe()
        if not (process := fork()):
            answer: Any = driver.run(job.program, job.input, job.files, job.values)
            write(sender, bytes([answer.status]) + answer.payload)
            leave(0)
        wait(process, 0)
        status, *payload = read(receiver, 4096)
        assert kept
        return judge(status, bytes(payload).decode("latin-1"), 0)

    return run


def main() -> None:
    """Run the jobs."""
    jobs, out = read_jobs(sys.stdin.read()), sys.stdout
    if sys.argv[1] == "wasm":
        sandbox = WasmSandbox()
        outcomes = [sandbox.run(job).outcome for job in jobs]
    else:
        outcomes = [*map(plain_python(), jobs)]
    out.write(json.dumps([outcome.encode().hex() for outcome in outcomes]))
    out.flush()


if __name__ == "__main__":
    main()
