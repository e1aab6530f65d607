"""Runs a task's program once more and compares what it does with what was agreed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from chainboy.cid import Cid
from chainboy.consensus.encoding import keccak, random_outcome
from chainboy.consensus.majority import BASIS, value_of
from chainboy.consensus.outcome import Outcome
from chainboy.consensus.params import Mode
from chainboy.consensus.tally import word_of
from chainboy.doctor.running import make_job
from chainboy.errors import EncodingError, InputError, NoConsensus, RuntimeNotServed, TaskPending
from chainboy.explain.explanation import Explanation
from chainboy.explain.telling import shown
from chainboy.programs.program import Program
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.content.store import ContentReader
    from chainboy.sandbox.protocol import Run, Sandbox


@attrs.frozen(kw_only=True)
class Replay:
    """What came of it here, as an encoded outcome, and how that differs from the record, a sentence each.

    ``program`` and ``run`` are None for a random number, which is computed again from what nodes revealed.
    """

    mine: bytes
    differences: tuple[str, ...]
    program: Program | None = None
    run: Run | None = None

    @property
    def same(self) -> bool:
        """Whether this machine agrees with the record."""
        return not self.differences


def replay(
    explained: Explanation,
    content: ContentReader | None = None,
    sandboxes: Sequence[Sandbox] = (),
    values: Mapping[str, int] | None = None,
) -> Replay:
    """Run the task's program on its input within its fuel limit, or draw its random number again.

    ``content`` has the program and its data files, ``sandboxes`` are asked in order, ``values`` are what
    sources said. Raises :class:`~chainboy.errors.TaskPending` before there is a record,
    :class:`~chainboy.errors.NoConsensus` when nothing was agreed on, :class:`~chainboy.errors.InputError`
    for want of a store or of values, :class:`~chainboy.errors.RuntimeNotServed`, and what stores and
    sandboxes raise.
    """
    record = explained.record
    name = f"task 0x{explained.requested.task_id.hex()}"
    if record is None:
        raise TaskPending(f"{name} has no record yet; replay it once it is finalized")
    if not record.has_consensus:
        raise NoConsensus(f"{name} ended without an outcome to compare with; see `chainboy task explain`")
    if explained.params.mode is Mode.RANDOM:
        return _drawn(explained)
    if content is None:
        raise InputError("a program has to be fetched; name a place with --store, --ipfs or --gateway")
    program = Program(content.get(Cid(Digest(explained.requested.program))))
    run = _run(explained, program, content, sandboxes, values or {})
    mine = run.outcome.encode()
    found = compare(explained.params.mode, explained.params.tolerance, explained.outcome, mine, program)
    return Replay(mine=mine, differences=tuple(found), program=program, run=run)


def compare(
    mode: Mode, tolerance: int, agreed: bytes, mine: bytes, program: Program | None = None
) -> Iterator[str]:
    """How the encoded outcome ``mine`` differs from what was ``agreed`` on; nothing if a node with it won.

    EXACT compares bytes. MEDIAN takes what lies within ``tolerance`` hundredths of a percent of the median,
    whatever its fuel. Rule: protocol, section 6 "Modes".
    """
    if mode is Mode.MEDIAN:
        yield from _far(tolerance, agreed, mine, program)
    elif mine != agreed:
        here, there = shown(mine, mode, program), shown(agreed, mode, program)
        if here != there:
            yield f"here the program {here}, the record says that it {there}"
        used, said = _fuel(mine), _fuel(agreed)
        if used != said:
            yield f"here it used {used} of fuel, the record says {said}"
        if here == there and used == said:
            yield f"the bytes differ: here 0x{mine.hex()}, in the record 0x{agreed.hex()}"


def to_lines(done: Replay, mode: Mode) -> Iterator[str]:
    """A replay line by line; the last line is the verdict."""
    yield f"here      {shown(done.mine, mode, done.program)}"
    if done.run is not None:
        yield f"fuel      {done.run.outcome.fuel:,}"
    yield from (f"DIFFERS   {text}" for text in done.differences)
    yield "agrees with the record" if done.same else "differs from the record"


def to_table(done: Replay, mode: Mode) -> dict[str, Any]:
    """A replay as JSON."""
    return {
        "same": done.same,
        "outcome": f"0x{done.mine.hex()}",
        "told": shown(done.mine, mode, done.program),
        "fuel": None if done.run is None else done.run.outcome.fuel,
        "differences": list(done.differences),
    }


def _far(tolerance: int, agreed: bytes, mine: bytes, program: Program | None) -> Iterator[str]:
    middle = value_of(Outcome.decode(agreed).payload)
    try:
        value = value_of(word_of(Mode.MEDIAN, mine))
    except EncodingError:
        yield f"here the program {shown(mine, Mode.EXACT, program)}, which is no vote; the median is {middle}"
        return
    if abs(value - middle) * BASIS > tolerance * abs(middle):
        yield f"here the program returned {value}, over {tolerance} hundredths of a percent from {middle}"


def _drawn(explained: Explanation) -> Replay:
    """The random number from the contributions in commit order."""
    assert explained.finalized is not None  # noqa: S101 - there is a record
    words = [
        Outcome.decode(node.outcome).payload
        for node in explained.nodes
        if node.outcome is not None and node.attempt == explained.finalized.attempt
    ]
    mine = random_outcome(explained.requested.task_id, words).encode()
    differs = keccak(mine) != explained.finalized.record.outcome_hash
    told = (f"what nodes revealed comes to {shown(mine, Mode.RANDOM)}, which is not in the record",)
    return Replay(mine=mine, differences=told if differs else ())


def _run(
    explained: Explanation,
    program: Program,
    content: ContentReader,
    sandboxes: Iterable[Sandbox],
    values: Mapping[str, int],
) -> Run:
    if missing := sorted(set(program.metadata.values) - set(values)):
        raise InputError(
            f"the program was told {', '.join(missing)} by sources, which no chain records; give what they "
            f"said with --value {missing[0]}=…, from a node's transcript of the task"
        )
    runtime = program.metadata.runtime
    sandbox = next((each for each in sandboxes if each.serves(runtime)), None)
    if sandbox is None:
        raise RuntimeNotServed(
            f"runtime {runtime!r} is not served here; for an image give --docker {runtime}"
        )
    files = {name: content.get(cid) for name, cid in program.metadata.files.items()}
    limit = explained.params.fuel_limit
    return sandbox.run(
        make_job(program, explained.requested.input, fuel_limit=limit, files=files, values=values)
    )


def _fuel(data: bytes) -> int | None:
    try:
        return Outcome.decode(data).fuel
    except EncodingError:
        return None
