"""What is known of each endpoint, and who is read from by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainboy.chain.health import LAG, Health, awake, best_head, readable, strays

healths = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        Health,
        head=st.integers(0, 20),
        rests_until=st.sampled_from([0.0, 10.0]),
        wrong_chain=st.none() | st.just(1),
        astray=st.booleans(),
    ),
)


@given(healths)
def test_who_is_read_from(known: dict[str, Health]) -> None:
    """Never another chain, never who lags behind most or is astray; who rests only if all do."""
    serving = {name: each for name, each in known.items() if each.wrong_chain is None}
    chosen, up = readable(known, 5.0), awake(known, 5.0)
    assert set(chosen) <= set(up) <= set(serving)
    assert bool(up) == bool(serving)
    if any(each.rests_until <= 5 for each in serving.values()):
        assert all(known[name].rests_until <= 5 for name in up)
    best = best_head(known, 5.0)
    assert all(known[name].head >= best - LAG and not known[name].astray for name in chosen)
    assert sum(known[name].head >= best for name in up) >= min(len(up), 2 if len(up) > 2 else 1)


def test_rests_grow_and_end() -> None:
    """From half a second to a minute; one answer ends them."""
    health, rests = Health(), []
    for _ in range(9):
        health = health.failed(100.0)
        rests.append(health.rests_until - 100.0)
    assert rests == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert health.answered() == Health()


def test_strays() -> None:
    """The minority; of two halves the one that the first is not in."""
    assert strays({}) == []
    assert strays({"a": b"1", "b": b"2", "c": b"2"}) == ["a"]
    assert strays({"a": b"1", "b": b"2"}) == ["b"]
    assert strays({"a": b"1", "b": b"1"}) == []
