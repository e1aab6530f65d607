"""Runs a program here, as a node would, before anything is paid."""

from __future__ import annotations

from chainboy.content.store import ContentStore
from chainboy.errors import InputError, RuntimeNotServed
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sources.reading import SourceReader
from chainboy.tasks.question import Question
from chainboy.tasks.result import Trial
from chainboy.units import Fuel


def with_margin(fuel: Fuel, most: Fuel) -> Fuel:
    """The limit to ask with for a program that used ``fuel`` here: a quarter more, but not over ``most``."""
    return Fuel(min(fuel + fuel // 4 + 1, most))


def trial(
    asked: Question,
    content: ContentStore,
    sandbox: Sandbox,
    fuel_limit: Fuel,
    sources: SourceReader | None = None,
) -> Trial:
    """Run the question's program on its input and data, and on what ``sources`` reads if it declares any.

    Raises :class:`~chainboy.errors.RuntimeNotServed`, :class:`~chainboy.errors.SandboxError`, what the
    content store raises for data files that did not come with the program,
    :class:`~chainboy.errors.SourceUnavailable` and :class:`~chainboy.errors.ProgramError` for sources that
    cannot be read, and :class:`~chainboy.errors.InputError` for what cannot be tried.
    """
    program = asked.program
    if program is None:
        raise InputError("a random number runs no program; there is nothing to try")
    metadata = program.metadata
    if not sandbox.serves(metadata.runtime):
        raise RuntimeNotServed(
            f"this sandbox does not serve {metadata.runtime!r}; give the client one that does"
        )
    if metadata.sources and sources is None:
        raise InputError(
            "a program with sources cannot be tried without a reader of sources; make the client with "
            "sources=WebSources(), or give fuel_limit and submit it"
        )
    values = sources.read(metadata, asked.input).complete() if metadata.sources and sources else {}
    own = asked.contents
    files = {name: own[cid] if cid in own else content.get(cid) for name, cid in metadata.files.items()}
    run = sandbox.run(
        Job(program=program.source, input=asked.input, fuel_limit=fuel_limit, files=files, values=values)
    )
    return Trial(program=program, outcome=run.outcome, logs=run.logs, seconds=run.seconds, memory=run.memory)
