"""What a node has time for, to the millisecond."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.node.budget import ASSUMED_FUEL_PER_SECOND, START, Due, Load, Pace, ends, overload

NOW = 1_000


def load(milliseconds: int, by: int = 9_999, *, bound: bool = False, started: bool = False) -> Load:
    """A run; ``by`` in seconds from now."""
    return Load(due=Due(by=NOW + by, bound=bound), milliseconds=milliseconds, started=started)


def test_a_pace_is_assumed_before_the_first_run() -> None:
    """A slow machine's: a second for each thousand million of fuel."""
    pace = Pace()
    assert pace.fuel_per_second == ASSUMED_FUEL_PER_SECOND
    assert pace.milliseconds(0) == START
    assert pace.milliseconds(1) == START + 1
    assert pace.milliseconds(10**9) == START + 1_000
    assert pace.milliseconds(10**9 + 1) == START + 1_001


def test_the_pace_is_the_mean_of_what_was_measured() -> None:
    """All fuel over all time, so that long runs weigh more."""
    pace = Pace()
    pace.add(10**8, 1.0)
    assert pace.fuel_per_second == 10**8
    pace.add(5 * 10**7, 2.0)
    assert pace.fuel_per_second == 5 * 10**7
    assert pace.milliseconds(25 * 10**6) == START + 500


@pytest.mark.parametrize(("fuel", "seconds"), [(0, 9.0), (49_999_999, 9.0), (0, 0.0)])
def test_runs_that_do_not_tell_the_pace(fuel: int, seconds: float) -> None:
    """Those of a runtime that does not meter, and short ones: the few that a busy machine makes long, too."""
    pace = Pace()
    pace.add(fuel, seconds)
    assert pace.fuel_per_second == ASSUMED_FUEL_PER_SECOND


def test_the_pace_forgets() -> None:
    """A machine that has become slow is reckoned with as slow after 32 runs; it never comes to a halt."""
    pace = Pace()
    for _ in range(32):
        pace.add(10**9, 1.0)
    for _ in range(32):
        pace.add(5 * 10**7, 10.0**9)
    assert pace.fuel_per_second == 1


def test_runs_end_one_after_the_other() -> None:
    """On one worker: what was started, what is bound, then by due date; told in the order of asking."""
    loads = [load(1, 50), load(10, 60, bound=True), load(100, 40), load(1_000, 70, started=True)]
    assert ends(loads, 1) == [1_111, 1_010, 1_110, 1_000]


def test_runs_end_beside_each_other() -> None:
    """Each goes to the worker that is free first."""
    assert ends([load(300, 1), load(200, 2), load(50, 3), load(100, 4)], 2) == [300, 200, 250, 350]
    assert ends([load(300, 1), load(200, 2), load(50, 3)], 9) == [300, 200, 50]
    assert ends([], 3) == []


def test_an_idle_node_takes_what_it_can_do_in_time() -> None:
    """To the millisecond."""
    assert overload([], load(5_000, 5), workers=1, now=NOW) is None
    assert overload([], load(5_001, 5), workers=1, now=NOW) == (
        "this run of up to 5.0 s would end up to 5.0 s from now, with 0 others on 1 workers, "
        "and 5.0 s are left to commit"
    )


def test_the_queue_ahead_counts() -> None:
    """What is due before it runs before it."""
    ahead = [load(2_000, 3), load(3_000, 4)]
    assert overload(ahead, load(1_000, 6), workers=1, now=NOW) is None
    reason = overload(ahead, load(1_001, 6), workers=1, now=NOW)
    assert reason is not None
    assert reason.startswith("this run of up to 1.0 s would end up to 6.0 s from now, with 2 others on 1 w")
    assert overload(ahead, load(3_000, 6), workers=2, now=NOW) is None


def test_what_was_taken_on_is_not_made_late() -> None:
    """A run that is due earlier must leave time for those that wait already."""
    waiting = [load(4_000, 10)]
    assert overload(waiting, load(6_000, 6), workers=1, now=NOW) is None
    assert overload([load(4_001, 10)], load(6_000, 6), workers=1, now=NOW) == (
        "this run of up to 6.0 s would delay another until up to 10.0 s from now, "
        "which has 10.0 s left to commit"
    )


def test_what_is_late_anyway_stops_nobody() -> None:
    """A lost run is no reason to lose another."""
    assert overload([load(5_000, 1)], load(1_000, 9), workers=1, now=NOW) is None


def test_time_that_is_over() -> None:
    """Nothing can be taken on for a moment that has passed."""
    assert overload([], load(1, 0), workers=4, now=NOW) is not None
    assert overload([], load(1, -5), workers=4, now=NOW) is not None


runs = st.lists(
    st.builds(load, st.integers(1, 5_000), st.integers(0, 20), bound=st.booleans(), started=st.booleans()),
    max_size=6,
)


@given(runs, st.integers(1, 4))
def test_no_worker_does_two_things(loads: list[Load], workers: int) -> None:
    """At no moment are more runs under way than there are workers, and none waits while one is free."""
    found = ends(loads, workers)
    spans = [(end - each.milliseconds, end) for end, each in zip(found, loads, strict=True)]
    for moment in {start for start, _ in spans}:
        assert sum(start <= moment < end for start, end in spans) <= workers
    assert sum(end - start for start, end in spans) <= workers * max(found, default=0)
    for start, _ in spans:
        assert start == 0 or sum(a < start <= b for a, b in spans) == workers


@given(runs, st.integers(0, 20), st.integers(1, 5_000))
def test_one_worker_keeps_every_promise(loads: list[Load], by: int, milliseconds: int) -> None:
    """Whoever takes only what fits, on one worker, is never late, in whatever order requests come."""
    taken: list[Load] = []
    for each in (*loads, load(milliseconds, by)):
        fresh = load(each.milliseconds, each.due.by - NOW)
        if overload(taken, fresh, workers=1, now=NOW) is None:
            taken.append(fresh)
    for order in itertools.permutations(taken) if len(taken) < 5 else [taken]:
        for end, each in zip(ends(order, 1), order, strict=True):
            assert end <= (each.due.by - NOW) * 1_000
