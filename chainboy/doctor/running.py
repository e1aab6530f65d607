"""Runs of a program as a node makes them, and what makes two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from chainboy.cid import Cid
from chainboy.consensus.outcome import Outcome, Status
from chainboy.content.store import ContentStore
from chainboy.errors import EncodingError, InputError, RuntimeNotServed
from chainboy.programs.program import Program
from chainboy.sandbox.protocol import Job, Run, Sandbox
from chainboy.units import Fuel

_ENDINGS = {
    Status.OUT_OF_FUEL: "ran out of fuel",
    Status.ABORTED: "was aborted by its runtime",
}


@attrs.frozen(kw_only=True)
class Place:
    """Where a program is run; ``same`` if its outcome has to be the first one's, byte by byte."""

    name: str
    sandbox: Sandbox
    same: bool = True


@attrs.frozen(kw_only=True)
class Attempt:
    """One run at one place."""

    place: Place
    run: Run


def make_job(
    program: Program,
    input: bytes,  # noqa: A002 - the protocol's name
    *,
    fuel_limit: Fuel,
    files: Mapping[str, bytes] | None = None,
    values: Mapping[str, int] | None = None,
    content: ContentStore | None = None,
) -> Job:
    """The run that a node would make: ``files`` are checked, and those not given come from ``content``.

    Raises :class:`InputError` for data that the program does not declare or that is missing, and what
    :meth:`~chainboy.content.ContentStore.get` raises.
    """
    given, said = files or {}, values or {}
    declared, asked = program.metadata.files, program.metadata.values
    for name in [*(set(given) - set(declared)), *(set(said) - set(asked))]:
        raise InputError(f"the program declares no {name!r} under [files] or [sources]; leave it out")
    if missing := sorted(set(asked) - set(said)):
        raise InputError(f"the program is told {missing[0]!r} by its sources; give its value")
    for name, data in given.items():
        if Cid.of(data) != declared[name]:
            raise InputError(f"the file given for {name!r} is {Cid.of(data)}, not {declared[name]}")
    held = dict(given)
    for name, cid in declared.items():
        if name not in held:
            if content is None:
                raise InputError(f"the program reads {name!r}, {cid}; give the file or a store with it")
            held[name] = content.get(cid)
    return Job(program=program.source, input=input, fuel_limit=fuel_limit, files=held, values=dict(said))


def run_at(places: Sequence[Place], runtime: str, job: Job) -> tuple[Attempt, ...]:
    """The runs of ``job`` where ``runtime`` is served; twice at a place that is the only one.

    Raises :class:`RuntimeNotServed` when it is served nowhere, and what sandboxes raise.
    """
    serving = [place for place in places if place.sandbox.serves(runtime)]
    if not any(place.same for place in serving):
        raise RuntimeNotServed(f"{runtime!r} is not served here; configure a sandbox that does")
    if sum(place.same for place in serving) == 1:
        first = next(place for place in serving if place.same)
        serving.insert(serving.index(first) + 1, attrs.evolve(first, name=f"{first.name} again"))
    serving.sort(key=lambda place: not place.same)
    return tuple(Attempt(place=place, run=place.sandbox.run(job)) for place in serving)


def differences(first: Attempt, other: Attempt, program: Program) -> Iterator[str]:
    """What of two runs' outcomes is not the same, a sentence each; fuel counts where all has to be."""
    one, two = first.run.outcome, other.run.outcome
    if (one.status, one.payload) != (two.status, two.payload):
        yield f"{first.place.name} {told(one, program)}, {other.place.name} {told(two, program)}"
    if first.place.same and other.place.same and one.fuel != two.fuel:
        yield f"{first.place.name} used {one.fuel} of fuel, {other.place.name} {two.fuel}"


def told(outcome: Outcome, program: Program) -> str:
    """What became of a run, as the end of a sentence."""
    if outcome.status is Status.OK:
        try:
            return f"returned {shown(program.decode_output(outcome.payload))}"
        except EncodingError:  # by a program that forged its answer
            return f"returned 0x{outcome.payload.hex()}, which is not of its output types"
    if outcome.status is Status.RAISED:
        return f"raised {outcome.payload.decode('ascii', 'backslashreplace')}"
    return _ENDINGS[outcome.status]


def shown(value: object) -> str:
    """A decoded result on one line; bytes as ``0x`` and hex digits."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
    return repr(value)
