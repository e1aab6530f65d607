"""The terms of a task under a network's figures, and the wait without a clock."""

from __future__ import annotations

import attrs
import pytest
from fake_network import PROFILE, FakeSandbox
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.params import Mode
from chainboy.content import MemoryStore
from chainboy.contracts.profile import GatewayProfile, Profile
from chainboy.errors import InputError, TaskPending
from chainboy.tasks.question import Question
from chainboy.tasks.terms import Terms
from chainboy.tasks.trial import trial
from chainboy.tasks.waiting import blocking, until
from chainboy.units import Fuel, Timestamp, Wei

PRODUCTION = Profile.production(genesis_time=Timestamp(0)).gateway


@given(st.integers(0, 2**40), st.none() | st.integers(1, 300), st.sampled_from([PROFILE.gateway, PRODUCTION]))
def test_default_terms_are_accepted(now: int, window: int | None, profile: GatewayProfile) -> None:
    """Whatever window is allowed, the default lifetime is one the gateway takes, with time to spare."""
    if window is not None and window < profile.bounds.min_commit_window:
        return
    terms = Terms(price=Wei(1), commit_window=window)
    params = terms.params(profile, now=Timestamp(now), fuel_limit=Fuel(1))
    params.validate(profile.bounds)
    least = params.commit_window + profile.reveal_window + profile.settle_time
    assert now + least < params.expires_at <= now + profile.max_task_life


def test_narrow_networks() -> None:
    """A minute is moved into the bounds, and the lifetime is cut at the longest."""
    bounds = attrs.evolve(PRODUCTION.bounds, min_commit_window=90, max_commit_window=100)
    narrow = attrs.evolve(PRODUCTION, bounds=bounds, max_task_life=2_000)
    params = Terms(price=Wei(1)).params(narrow, now=Timestamp(5), fuel_limit=Fuel(1))
    assert (params.commit_window, params.expires_at) == (90, 2_005)
    short = attrs.evolve(narrow, bounds=attrs.evolve(bounds, min_commit_window=1, max_commit_window=10))
    assert Terms(price=Wei(1)).params(short, now=Timestamp(5), fuel_limit=Fuel(1)).commit_window == 10


def test_random_has_no_fuel() -> None:
    """A limit for a program that does not exist is a mistake."""
    with pytest.raises(InputError, match="leave fuel_limit out"):
        Terms(price=Wei(1), mode=Mode.RANDOM, fuel_limit=Fuel(5))
    with pytest.raises(InputError, match="nothing to try"):
        trial(Question(program=None), MemoryStore(), FakeSandbox(b""), Fuel(1))


@pytest.mark.parametrize(("found_at", "pauses"), [(0, []), (3, [2, 2, 2]), (5, [2, 2, 2, 2, 1])])
def test_until(found_at: int, pauses: list[float]) -> None:
    """Looks at once, then after each pause; the last pause ends with the timeout."""
    clock, looks, paused = [0.0], [0], list[float]()

    def look() -> str | None:
        looks[0] += 1
        return "found" if looks[0] > found_at else None

    def sleep(pause: float) -> None:
        paused.append(pause)
        clock[0] += pause

    waiting = until(look, timeout=9, interval=2, late=lambda: TaskPending("late"), now=lambda: clock[0])
    assert blocking(waiting, sleep) == "found"
    assert paused == pauses


def test_until_too_late() -> None:
    """After the last look the error of the caller's choice is raised."""
    clock = iter([0.0, 1.0, 9.0])
    waiting = until(
        lambda: None, timeout=9, interval=2, late=lambda: TaskPending("late"), now=lambda: next(clock)
    )
    with pytest.raises(TaskPending, match="late"):
        blocking(waiting, lambda _: None)
