"""Turns of a replica against a lease in memory: when it acts, when it stops, what it says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import attrs
import pytest

from chainboy.chain.signer import KeySigner
from chainboy.errors import ChainError, JournalError, JournalUnavailable, LeaseLost, WrongChain
from chainboy.node.replicas.fence import FencedSigner
from chainboy.node.replicas.lease import Grant
from chainboy.node.replicas.replica import Replica
from chainboy.node.replicas.term import Term
from chainboy.node.runner import Node

SECONDS = 0.8
"""Of a lease."""


class FakeLease:
    """A lease that others may have, or whose database may be gone."""

    seconds = SECONDS

    def __init__(self) -> None:
        self.token = 0
        self.other = ""
        self.gone = ""
        self.renewed = 0
        self.released: list[int] = []
        self.closed = False

    def take(self) -> Grant | None:
        """See Lease.take."""
        self._reach()
        if self.other:
            return None
        self.token += 1
        return Grant(token=self.token, until=time.monotonic() + SECONDS)

    def holder(self) -> str:
        """See Lease.holder."""
        return self.other

    def renew(self, grant: Grant) -> Grant:
        """See Lease.renew."""
        self._reach()
        if self.other:
            raise LeaseLost("it went to another replica")
        self.renewed += 1
        return attrs.evolve(grant, until=time.monotonic() + SECONDS)

    def release(self, grant: Grant) -> None:
        """See Lease.release."""
        self._reach()
        self.released.append(grant.token)

    def close(self) -> None:
        """See Lease.close."""
        self.closed = True

    def _reach(self) -> None:
        if self.gone:
            raise JournalUnavailable(self.gone)


Act = Callable[[Term], None]


class FakeNode:
    """Does one thing, then waits for its end."""

    def __init__(self, term: Term, act: Act) -> None:
        self._term = term
        self._act = act

    def run(self, stop: threading.Event, *, pause: float) -> None:
        """See Node.run."""
        del pause
        self._act(self._term)
        assert stop.wait(10)


class Stage:
    """A replica whose nodes do ``acts``, one in each turn; after the last it is told to stop.

    Before that no node is made as often as there are ``refusals``.
    """

    def __init__(self, lease: FakeLease, *acts: Act) -> None:
        self.lease = lease
        self.stop = threading.Event()
        self.made = 0
        self.closed = 0
        self.refusals: list[Exception] = []
        self.endpoint = ""
        """What is wrong with it."""
        self.looks: list[float] = []
        """When it was asked."""
        self._acts = [*acts, lambda _: self.stop.set()]
        self.replica = Replica(lease, cast(Any, self._make), self._reach)

    def run(self) -> None:
        """To the end."""
        self.replica.run(self.stop)

    def faults(self) -> dict[str, str]:
        """What the replica shows."""
        return {check.name: check.fault for check in self.replica.checks()}

    def _reach(self) -> None:
        self.looks.append(time.monotonic())
        if self.endpoint:
            raise ChainError(self.endpoint)

    @contextmanager
    def _make(self, term: Term) -> Iterator[Node]:
        if self.refusals:
            raise self.refusals.pop(0)
        self.made += 1
        try:
            yield cast(Node, FakeNode(term, self._acts.pop(0)))
        finally:
            self.closed += 1


def raising(error: Exception) -> Act:
    """An act that fails."""

    def act(_: Term) -> None:
        raise error

    return act


def seen(condition: Callable[[], bool]) -> bool:
    """Whether it comes true soon."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def lease() -> FakeLease:
    """A lease that nobody has."""
    return FakeLease()


def monotonic_term(lease: FakeLease, stop: threading.Event | None = None) -> Term:
    """A term by the clock that the fake has."""
    grant = lease.take()
    assert grant is not None
    return Term(lease, grant, stop or threading.Event(), clock=time.monotonic)


def test_a_term_is_renewed_until_it_is_closed(lease: FakeLease) -> None:
    """It lasts longer than one grant, and then others may act at once."""
    term = monotonic_term(lease)
    time.sleep(2 * SECONDS)
    term.check()
    assert not term.over.is_set()
    term.close()
    assert lease.renewed > 2
    assert lease.released == [1]


def test_a_term_that_went_to_another_is_over(lease: FakeLease) -> None:
    """At the next renewal; it is not released, for it is not ours."""
    term = monotonic_term(lease)
    lease.other = "another"
    assert term.over.wait(SECONDS)
    with pytest.raises(LeaseLost, match="went to another"):
        term.check()
    term.close()
    assert lease.released == []


def test_a_term_runs_out_without_its_database(lease: FakeLease, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again until the grant ends, and told once."""
    term = monotonic_term(lease)
    lease.gone = "no answer"
    assert not term.over.wait(SECONDS / 2)
    term.check()
    assert term.over.wait(SECONDS)
    with pytest.raises(LeaseLost, match="has run out"):
        term.check()
    term.close()
    assert [record.message.count("no answer") for record in caplog.records] == [1]


def test_a_short_silence_of_the_database_costs_nothing(lease: FakeLease) -> None:
    """The lease is renewed in time, though late."""
    term = monotonic_term(lease)
    lease.gone = "no answer"
    time.sleep(SECONDS / 2)
    lease.gone = ""
    time.sleep(SECONDS)
    term.check()
    term.close()


def test_who_was_frozen_signs_nothing(lease: FakeLease) -> None:
    """The clock alone tells, before any thread has had a chance to look."""
    now = 1_000.0
    stopped = Grant(token=1, until=now + SECONDS)
    term = Term(lease, stopped, threading.Event(), clock=lambda: now)
    signer = FencedSigner(KeySigner(bytes(31) + b"\1"), term.check)
    plain = KeySigner(bytes(31) + b"\1")
    assert signer.sign(b"message") == plain.sign(b"message")
    now += SECONDS
    with pytest.raises(LeaseLost):
        signer.sign(b"message")
    assert signer.derive(b"label") == plain.derive(b"label")
    assert signer.address == plain.address
    term.close()


def test_a_replica_waits_while_another_acts(lease: FakeLease, caplog: pytest.LogCaptureFixture) -> None:
    """It says who it is, once, and makes its node when the lease is free."""
    caplog.set_level(logging.INFO)
    lease.other = "the other one"
    stage = Stage(lease)
    threading.Timer(0.3, lambda: setattr(lease, "other", "")).start()
    stage.run()
    told = [record.message for record in caplog.records]
    assert told == [
        "this replica stands by: the other one acts",
        "this replica acts, with token 1",
    ]
    assert (stage.made, stage.closed, lease.closed) == (1, 1, True)


@pytest.mark.parametrize("error", [JournalUnavailable("gone"), LeaseLost("lost")])
def test_what_may_pass_ends_a_turn_and_no_more(lease: FakeLease, error: JournalError) -> None:
    """The node is dropped, and another is made in the next turn, with a token of its own."""
    stage = Stage(lease, raising(error), raising(error))
    stage.run()
    assert (stage.made, stage.closed, lease.token) == (3, 3, 3)


def test_a_lost_lease_ends_the_turn(lease: FakeLease, caplog: pytest.LogCaptureFixture) -> None:
    """The node is told to stop, not to fail; the next turn comes when the other one is gone."""

    def lose(_: Term) -> None:
        lease.other = "the other one"
        threading.Timer(SECONDS, lambda: setattr(lease, "other", "")).start()

    stage = Stage(lease, lose)
    stage.run()
    assert stage.made == 2
    assert "this replica does not act any more: it went to another replica" in caplog.messages


@pytest.mark.parametrize("error", [WrongChain("wrong"), JournalError("belongs to another")])
def test_what_does_not_pass_ends_the_replica(lease: FakeLease, error: Exception) -> None:
    """Its owner is told, and the lease is free for the others."""
    stage = Stage(lease, raising(error))
    with pytest.raises(type(error), match=str(error)):
        stage.run()
    assert lease.released == [1]
    assert lease.closed


def test_a_database_that_is_gone_is_waited_for(lease: FakeLease, caplog: pytest.LogCaptureFixture) -> None:
    """Told once, shown as its fault, and forgotten when it is back."""
    lease.gone = "nobody answers"
    stage = Stage(lease)
    shown: list[dict[str, str]] = []

    def come_back() -> None:
        shown.append(stage.faults())
        lease.gone = ""

    threading.Timer(0.3, come_back).start()
    stage.run()
    assert shown == [{"journal": "nobody answers"}]
    assert stage.faults() == {"journal": ""}
    assert caplog.messages.count("this replica pauses: nobody answers") == 1


def test_a_replica_that_hands_over_leaves_the_lease_alone(
    lease: FakeLease, caplog: pytest.LogCaptureFixture
) -> None:
    """Given back once its node has ended, and asked for again when its own could have run out; shown why."""
    asked: list[float] = []

    def hand_over(term: Term) -> None:
        assert lease.released == []
        asked.append(time.monotonic())
        term.hand_over("its endpoint is dead")

    def act(_: Term) -> None:
        asked.append(time.monotonic())
        stage.stop.set()

    stage = Stage(lease, hand_over, act)
    shown: list[dict[str, str]] = []
    threading.Timer(SECONDS, lambda: shown.append(stage.faults())).start()
    stage.run()
    assert asked[1] - asked[0] >= 2 * SECONDS
    assert lease.released == [1, 2]
    assert shown == [{"journal": "", "rpc": "its endpoint is dead"}]
    assert stage.faults() == {"journal": ""}
    assert "this replica stands aside for 1.6 s: its endpoint is dead" in caplog.messages


def test_a_replica_that_cannot_begin_hands_over(lease: FakeLease, caplog: pytest.LogCaptureFixture) -> None:
    """It keeps the lease no longer than it takes to see that, and says so once."""
    caplog.set_level(logging.INFO)
    stage = Stage(lease)
    stage.refusals = [ChainError("refused")] * 2
    began = time.monotonic()
    stage.run()
    assert time.monotonic() - began >= 2 * 2 * SECONDS
    assert (stage.made, lease.released) == (1, [1, 2, 3])
    assert caplog.messages == [
        "this replica stands aside for 1.6 s: the node cannot begin: refused",
        "this replica acts, with token 3",
    ]


def test_a_standby_looks_at_its_endpoint(lease: FakeLease) -> None:
    """Before it ever acted: who watches learns in time that it could not; once in two lengths of a lease."""
    lease.other = "the other one"
    stage = Stage(lease)
    stage.endpoint = "dead"
    thread = threading.Thread(target=stage.run)
    thread.start()
    assert seen(lambda: stage.faults() == {"journal": "", "rpc": "dead"})
    stage.endpoint = ""
    assert seen(lambda: stage.faults() == {"journal": ""})
    stage.stop.set()
    thread.join()
    first, second, *_ = stage.looks
    assert second - first >= 2 * SECONDS
    assert stage.made == 0


def test_a_standby_is_not_ready_before_its_endpoint_answers(lease: FakeLease) -> None:
    """It looks now and then while another one acts, and shows what it sees."""

    def leave(term: Term) -> None:
        stage.endpoint = "still dead"
        term.hand_over("it is dead")
        lease.other = "the other one"

    stage = Stage(lease, leave)
    thread = threading.Thread(target=stage.run)
    thread.start()
    assert seen(lambda: stage.faults().get("rpc") == "still dead")
    stage.endpoint = ""
    assert seen(lambda: "rpc" not in stage.faults())
    assert stage.made == 1
    stage.stop.set()
    thread.join()


def test_a_replica_that_stands_aside_can_be_stopped(lease: FakeLease) -> None:
    """At once."""
    stage = Stage(lease)
    stage.refusals = [ChainError("refused")]
    threading.Timer(SECONDS / 4, stage.stop.set).start()
    began = time.monotonic()
    stage.run()
    assert time.monotonic() - began < 2 * SECONDS
    assert (stage.made, lease.released) == (0, [1])


def test_told_to_stop_it_does_not_begin(lease: FakeLease) -> None:
    """No turn is taken after the end."""
    stage = Stage(lease)
    stage.stop.set()
    stage.run()
    assert (stage.made, lease.token) == (0, 0)
