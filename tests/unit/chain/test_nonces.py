"""The table of what becomes of a nonce, over everything that can be seen of one."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from chainboy.chain.nonces import LEAST_BLOCKS, STEPS, UNDER_WAY, Count, Fate, Sighting, Step, free_nonce

NONCE, DEEP, PATIENCE = 5, 100, 60.0


def sightings() -> list[Sighting]:
    """Every combination of what makes a difference."""
    return [
        Sighting(
            nonce=NONCE,
            sent=sent,
            block=block,
            deep=DEEP,
            count=Count(mined=mined, pending=pending, final=final),
            seconds=seconds,
            blocks=blocks,
        )
        for sent, block, mined, pending, final, seconds, blocks in itertools.product(
            (False, True), (None, 99, 100, 101), (4, 5, 6), (4, 5, 6, 7), (4, 5, 6),
            (0, PATIENCE - 1, PATIENCE, 10**9), (0, LEAST_BLOCKS - 1, LEAST_BLOCKS, 10**6),
        )
    ]  # fmt: skip


def test_every_sighting_has_one_fate() -> None:
    """The rules one by one, each as a condition of its own, over all that can be seen."""
    reached = set()
    for seen in sightings():
        fate = seen.fate(PATIENCE)
        reached.add(fate)
        ours, taken = seen.block is not None, seen.count.mined > NONCE
        waits = not ours and not taken and seen.sent
        stuck = waits and seen.count.mined == NONCE and seen.seconds >= 60 and seen.blocks >= LEAST_BLOCKS
        assert (fate is Fate.FINAL) == (ours and seen.block in (99, 100))
        assert (fate is Fate.MINED) == (ours and seen.block == 101)
        assert (fate is Fate.TAKEN) == (not ours and taken and seen.count.final <= NONCE)
        assert (fate is Fate.REPLACED) == (not ours and taken and seen.count.final > NONCE)
        assert (fate is Fate.UNSENT) == (not ours and not taken and not seen.sent)
        assert (fate is Fate.STUCK) == stuck
        assert (fate is Fate.PENDING) == (waits and not stuck and seen.count.pending > NONCE)
        assert (fate is Fate.DROPPED) == (waits and not stuck and seen.count.pending <= NONCE)
    assert reached == set(Fate) == set(STEPS)


def test_what_is_in_a_block_is_left_alone() -> None:
    """Nothing is sent for a nonce that a block has used, and it is forgotten once that is final."""
    for seen in sightings():
        fate = seen.fate(PATIENCE)
        step = STEPS[fate]
        if seen.block is not None or seen.count.mined > NONCE:
            assert step in (Step.WAIT, Step.SETTLE)
            assert fate not in UNDER_WAY
        else:
            assert step is not Step.SETTLE
            assert fate in UNDER_WAY
        if step is Step.SETTLE:
            assert seen.count.final > NONCE if seen.block is None else seen.block <= DEEP


def test_only_who_is_next_in_line_pays_more() -> None:
    """Those behind a stuck transaction wait for it, and need not offer more."""
    behind = [seen for seen in sightings() if seen.count.mined < NONCE]
    assert behind
    assert all(STEPS[seen.fate(PATIENCE)] is not Step.RAISE for seen in behind)


@given(st.integers(0, 50), st.frozensets(st.integers(0, 50)))
def test_the_lowest_free_nonce(pending: int, held: frozenset[int]) -> None:
    """Never one that is held, none free left out."""
    nonce = free_nonce(pending, held)
    assert nonce not in held
    assert set(range(pending, nonce)) <= held
