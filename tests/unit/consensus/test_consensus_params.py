"""The params word: its layout, and what is refused by which name."""

from __future__ import annotations

import attrs
import pytest

from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.refusal import Refused
from chainboy.errors import EncodingError

BOUNDS = Bounds(min_commit_window=60, max_commit_window=3600, max_fuel=1000)
EXACT = Params(mode=Mode.EXACT, commit_window=60, fuel_limit=5, expires_at=9)


def test_layout() -> None:
    """From the least significant bit: expiry 64, fuel 64, window 32, tolerance 16, mode 8, version 8."""
    params = Params(mode=Mode.MEDIAN, tolerance=0x1234, commit_window=0xAABBCCDD, fuel_limit=5, expires_at=9)
    assert f"{params.pack():048x}" == "0101" + "1234" + "aabbccdd" + f"{5:016x}" + f"{9:016x}"
    assert Params.unpack(params.pack()) == params


@pytest.mark.parametrize(
    ("word", "name"),
    [
        (1 << 192 | EXACT.pack(), "NonzeroPadding"),
        (1 << 255, "NonzeroPadding"),
        (0, "UnsupportedVersion"),
        (2 << 184, "UnsupportedVersion"),
        (1 << 184 | 3 << 176, "UnknownMode"),
        (1 << 184 | 255 << 176, "UnknownMode"),
    ],
)
def test_words_that_are_no_rules(word: int, name: str) -> None:
    """Refused as the contracts refuse them."""
    with pytest.raises(Refused) as refused:
        Params.unpack(word)
    assert refused.value.name == name
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"tolerance": 1}, "ToleranceOutOfRange"),
        ({"mode": Mode.RANDOM, "fuel_limit": 0, "tolerance": 1}, "ToleranceOutOfRange"),
        ({"mode": Mode.MEDIAN, "tolerance": 10_001}, "ToleranceOutOfRange"),
        ({"commit_window": 59}, "CommitWindowOutOfRange"),
        ({"commit_window": 3601}, "CommitWindowOutOfRange"),
        ({"fuel_limit": 0}, "FuelLimitOutOfRange"),
        ({"fuel_limit": 1001}, "FuelLimitOutOfRange"),
        ({"mode": Mode.RANDOM}, "FuelLimitOutOfRange"),
        ({"tolerance": 1, "commit_window": 0, "fuel_limit": 0}, "ToleranceOutOfRange"),
        ({"commit_window": 0, "fuel_limit": 0}, "CommitWindowOutOfRange"),
    ],
)
def test_rules_outside_the_bounds(changes: dict[str, object], name: str) -> None:
    """The first one broken is named."""
    with pytest.raises(Refused) as refused:
        attrs.evolve(EXACT, **changes).validate(BOUNDS)
    assert refused.value.name == name


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"commit_window": 3600, "fuel_limit": 1000},
        {"mode": Mode.MEDIAN, "tolerance": 10_000},
        {"mode": Mode.RANDOM, "fuel_limit": 0},
    ],
)
def test_rules_at_the_bounds(changes: dict[str, object]) -> None:
    """Bounds are inclusive."""
    attrs.evolve(EXACT, **changes).validate(BOUNDS)


@pytest.mark.parametrize("field", ["tolerance", "commit_window", "fuel_limit", "expires_at"])
def test_fields_that_do_not_fit_the_word(field: str) -> None:
    """No word could hold them."""
    with pytest.raises(EncodingError, match=field):
        attrs.evolve(EXACT, **{field: 2**64})


def test_another_version_is_not_spoken() -> None:
    """This package makes version 1 only."""
    with pytest.raises(EncodingError, match="version"):
        attrs.evolve(EXACT, version=2)
