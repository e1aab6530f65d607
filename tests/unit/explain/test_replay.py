"""What counts as the same in a replay: bytes in EXACT, nearness in MEDIAN, as the tally counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.explain.replay import compare
from chainboy.units import Address, Fuel, TaskId, Timestamp, Weight


def returned(value: int, fuel: int = 1) -> bytes:
    """An outcome with one word."""
    return Outcome(Status.OK, Fuel(fuel), value.to_bytes(32, "big", signed=True)).encode()


def ended(status: Status, payload: bytes = b"", fuel: int = 1) -> bytes:
    """An outcome of a failure."""
    return Outcome(status, Fuel(fuel), payload).encode()


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        (returned(7), []),
        (returned(8), ["here the program returned 0x" + f"{8:064x}"]),
        (returned(7, fuel=2), ["here it used 2 of fuel, the record says 1"]),
        (ended(Status.RAISED, b"ValueError"), ["here the program raised ValueError, the record says"]),
        (ended(Status.OUT_OF_FUEL, fuel=9), ["here the program ran out of fuel", "here it used 9"]),
        (ended(Status.ABORTED), ["here the program was aborted by its runtime"]),
        (b"garbage", ["here the program 0x67617262616765, which is no outcome", "here it used None"]),
    ],
)
def test_exact(mine: bytes, told: list[str]) -> None:
    """Every byte counts, and each difference is named."""
    found = list(compare(Mode.EXACT, 0, returned(7), mine))
    assert len(found) == len(told)
    assert all(text.startswith(start) for text, start in zip(found, told, strict=True))


@given(
    values=st.lists(st.integers(-(2**200), 2**200), min_size=1, max_size=9),
    tolerance=st.integers(0, 10_000),
    small=st.booleans(),
)
def test_median_is_who_would_have_won(values: list[int], tolerance: int, small: bool) -> None:
    """A value agrees here exactly if the tally counts a node that says it among the winners."""
    votes = [value % 50 - 25 for value in values] if small else values
    params = Params(
        mode=Mode.MEDIAN,
        commit_window=60,
        fuel_limit=Fuel(1),
        expires_at=Timestamp(1),
        tolerance=tolerance,
    )
    ballots = [
        Ballot(
            node=Address(f"0x{index:040x}"),
            payout=Address(f"0x{index:040x}"),
            weight=Weight(1),
            word=word_of(Mode.MEDIAN, returned(vote)),
        )
        for index, vote in enumerate(votes, 1)
    ]
    counted = tally(TaskId(bytes(32)), params, Weight(len(votes)), ballots)
    if counted.outcome is None:
        return
    won = {winner.node for winner in counted.winners}
    for ballot, vote in zip(ballots, votes, strict=True):
        differs = list(compare(Mode.MEDIAN, tolerance, counted.outcome.encode(), returned(vote, fuel=99)))
        assert (ballot.node in won) == (not differs)


def test_what_is_no_vote() -> None:
    """A failure cannot be within any tolerance."""
    (told,) = compare(Mode.MEDIAN, 10_000, returned(5, fuel=0), ended(Status.RAISED, b"KeyError"))
    assert told == "here the program raised KeyError, which is no vote; the median is 5"
