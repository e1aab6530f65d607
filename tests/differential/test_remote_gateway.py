"""A gateway that asks a verifier of checkpoints: what it takes while that lives, and what it pays after."""

from __future__ import annotations

import attrs
import pytest
from bare_evm.remote import Remote
from bare_evm.world import BANK, GATEWAY
from believers import BY_ADDRESS, FIRST_EPOCH, OLD, bitmap_of, new_remote, point, signature_of
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.merkle import Accumulator
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.record_proof import encode_record_proof
from chainboy.consensus.request import Request

REQUESTER = to_address(b"\xd2" * 20)
OUTCOME = Outcome(Status.OK, 3, b"answer").encode()
LIFE = 400


@pytest.fixture(scope="module")
def remote() -> Remote:
    """One that every example forks."""
    return new_remote()


def ask(remote: Remote, life: int = LIFE) -> Request | str:
    """A task, or the name of the refusal."""
    rules = Params(mode=Mode.EXACT, commit_window=30, fuel_limit=9, expires_at=remote.now + life)
    done = remote.request(b"\x01" * 32, b"in", rules.pack(), 0, 3, sender=REQUESTER, value=1_003)
    return done.name or done.value


def carry(remote: Remote, *hashes: bytes) -> Accumulator:
    """The next checkpoint of these records, signed by all."""
    tree = Accumulator(hashes)
    changes = {"records_root": tree.root, "records_count": len(hashes)}
    checkpoint = point(remote.book.last_number + 1, FIRST_EPOCH, OLD, 0, **changes)
    signatures = b"".join(signature_of(BY_ADDRESS[node], checkpoint) for node in OLD.nodes)
    assert not remote.submit(checkpoint, OLD.words, bitmap_of(OLD, OLD.nodes), signatures).refused
    return tree


def record_of(task_id: bytes, consensus: bool) -> Record:
    """Of one winner, or without any."""
    if not consensus:
        return Record.without_consensus(task_id, 100)
    return Record(
        task_id=task_id,
        outcome_hash=keccak(OUTCOME),
        agreeing_weight=60,
        total_weight=100,
        rest_weight=0,
        winners_root=b"\x07" * 32,
        winners_count=1,
    )


@given(life=st.sampled_from([130, LIFE, GATEWAY.max_task_life]), by=st.integers(-1, 1))
def test_requests_need_a_verifier_that_lives(remote: Remote, life: int, by: int) -> None:
    """Until the task can be refunded, to the second."""
    with remote.fork():
        end = remote.book.live_until - GATEWAY.refund_margin - life
        remote.advance(end + by - remote.now, 1)
        made = ask(remote, life)
        assert (made == "VerifierNotLive") == (by > 0)
        remote.compare_money([REQUESTER], [])


@given(
    consensus=st.booleans(),
    wait=st.sampled_from([0, LIFE - 1, LIFE, LIFE + GATEWAY.refund_margin - 1, LIFE + GATEWAY.refund_margin]),
    late=st.booleans(),
    change=st.sampled_from(["", "", "number", "index", "other chain", "none", "outcome"]),
)
def test_deliveries(remote: Remote, *, consensus: bool, wait: int, late: bool, change: str) -> None:
    """Under any accepted checkpoint that has the record, also when the verifier is no longer live."""
    with remote.fork():
        if late:
            end = remote.book.live_until - GATEWAY.refund_margin - LIFE
            remote.advance(end - remote.now, 1)
        request = ask(remote)
        assert isinstance(request, Request)
        record = record_of(request.task_id, consensus)
        tree = carry(remote, b"\x01" * 32, record.hash)
        remote.advance(wait, 1)
        number = 0 if change == "number" else 1
        siblings = tree.proof(0 if change == "index" else 1)
        proof = b"" if change == "none" else encode_record_proof(number, siblings)
        outcome = (OUTCOME if consensus else b"") + (b"\0" if change == "outcome" else b"")
        if change == "other chain":
            record = record_of(attrs.evolve(request, chain_id=1).task_id, consensus)
        done = remote.deliver(request, record, outcome, proof, sender=BANK)
        in_time = wait < LIFE + GATEWAY.refund_margin
        assert done.refused == (bool(change) or not in_time)
        assert remote.deliver(request, record, outcome, proof, sender=BANK).refused
        refunded = remote.refund(request)
        assert refunded.refused == (in_time or not done.refused)
        remote.compare_money([REQUESTER, BANK], [request.task_id])
