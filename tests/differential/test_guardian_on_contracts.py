"""Announcements and activations, early, late, twice and by strangers: taken and refused as by the mirror."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from bare_evm.remote import GUARDIAN, VERIFIER, Remote
from bare_evm.world import BANK
from believers import (
    BY_ADDRESS,
    HELD,
    NEW,
    OLD,
    bitmap_of,
    new_remote,
    point,
    signature_of,
    trusted,
)
from hypothesis import event, given
from hypothesis import strategies as st

from chainboy.consensus.distribution import StakeDistribution

NEAR = st.integers(-1, 1)


@attrs.frozen
class Step:
    """One call, or time up to an edge and a second beside it."""

    name: str
    by: int
    held: StakeDistribution
    total: int | None
    sender: str


STEPS = st.builds(
    Step,
    name=st.sampled_from([
        *("announce", "announce", "announce", "announce the old", "activate", "activate", "submit", "submit"),
        *("end of life", "end of life", "end of delay", "end of delay", "epoch"),
    ]),
    by=NEAR,
    held=st.sampled_from([OLD, NEW]),
    total=st.one_of(st.none(), st.none(), st.sampled_from([0, 1, 2**96 - 1, 2**96, 2**256 - 1])),
    sender=st.sampled_from([GUARDIAN, GUARDIAN, GUARDIAN, BANK]),
)  # fmt: skip


@pytest.fixture(scope="module")
def remote() -> Remote:
    """One that every example forks."""
    return new_remote()


def take(remote: Remote, step: Step) -> None:
    """Make the call on both sides; what comes to count was the guardian's, and waited."""
    book = remote.book
    if step.name == "end of life":
        wait(remote, book.live_until + step.by)
    elif step.name == "end of delay" and book.announcement:
        wait(remote, book.announcement.active_at + step.by)
    elif step.name == "epoch":
        wait(remote, remote.now + VERIFIER.epoch_length)
    elif step.name.startswith("announce"):
        current = book.profile.epoch(remote.now)
        epoch = (current if step.name == "announce" else book.stake.epoch) + step.by
        changes: dict[str, Any] = {} if step.total is None else {"stake_total": step.total}
        done = remote.announce(trusted(step.held, epoch, **changes), sender=step.sender)
        event(f"announce: {done.name or 'done'}")
        assert done.refused or (remote.now >= book.live_until and step.sender == GUARDIAN)
    elif step.name == "activate":
        announced = book.announcement
        done = remote.activate(sender=step.sender)
        event(f"activate: {done.name or 'done'}")
        assert done.refused == (announced is None or remote.now < announced.active_at)
        assert done.refused or announced is not None
    elif step.name == "submit":
        submit(remote, step)
    remote.compare_verifier()


def wait(remote: Remote, until: int) -> None:
    """Time only goes on."""
    remote.advance(max(0, until - remote.now), 1)


def submit(remote: Remote, step: Step) -> None:
    """The next checkpoint, signed by all of whoever is believed."""
    book = remote.book
    held = HELD[book.stake.stake_hash]
    checkpoint = point(book.last_number + 1, book.profile.epoch(remote.now) + step.by, step.held, 8)
    made = b"".join(signature_of(BY_ADDRESS[node], checkpoint) for node in held.nodes)
    done = remote.submit(checkpoint, held.words, bitmap_of(held, held.nodes), made)
    event(f"submit: {done.name or 'done'}")


@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_scripts(remote: Remote, steps: list[Step]) -> None:
    """In any order."""
    with remote.fork():
        for step in steps:
            take(remote, step)


@pytest.mark.parametrize("by", [-1, 0, 1])
def test_which_epochs_are_announced(remote: Remote, by: int) -> None:
    """Later than what is kept, and no later than now."""
    with remote.fork():
        wait(remote, remote.book.live_until)
        stored, current = remote.book.stake.epoch, remote.book.profile.epoch(remote.now)
        assert remote.announce(trusted(NEW, stored + by)).name == ("" if by > 0 else "EpochGoesBack")
        assert remote.announce(trusted(NEW, current + by)).name == ("EpochInFuture" if by > 0 else "")
        remote.compare_verifier()


@given(early=NEAR, waited=NEAR, again=st.one_of(st.none(), st.integers(0, VERIFIER.guardian_delay)))
def test_the_way_back(remote: Remote, early: int, waited: int, again: int | None) -> None:
    """Announced at the end of the trust, perhaps twice, activated at the end of the delay: alive again."""
    with remote.fork():
        take(remote, Step("submit", 0, NEW, None, BANK))
        wait(remote, remote.book.live_until + early)
        done = remote.announce(trusted(NEW, remote.book.profile.epoch(remote.now)))
        assert done.name == ("StillLive" if early < 0 else "")
        if again is not None:
            remote.advance(again, 1)
            remote.announce(trusted(NEW, remote.book.profile.epoch(remote.now)))
        announced = remote.book.announcement
        if announced is None:
            return
        wait(remote, announced.active_at + waited)
        assert remote.activate().name == ("TooEarly" if waited < 0 else "")
        assert remote.activate().name == ("TooEarly" if waited < 0 else "NothingAnnounced")
        take(remote, Step("submit", 0, OLD, None, BANK))
        remote.compare_verifier()
        assert remote.book.last_number == 1 + (waited >= 0)
