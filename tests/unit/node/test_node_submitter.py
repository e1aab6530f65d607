"""The submitter: what it journals, when it sends, what it leaves unsent, and what it sends again."""

# ruff: noqa: ARG002 - stand-ins keep the signatures of what they stand in for

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import pytest
from eth_abi import decode

from chainboy.chain.call import Call
from chainboy.chain.price import Fees, Price, Spending
from chainboy.chain.signer import KeySigner
from chainboy.chain.transaction import Signed, Transaction
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.tally import Ballot, tally
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ChainError, ContractRefused, InsufficientFunds
from chainboy.events.log import BlockRef
from chainboy.node.home import Blocks, RoundLog
from chainboy.node.journal import Journal
from chainboy.node.machine import Duty
from chainboy.node.rows import Identity, Sent, Task
from chainboy.node.submitter import ChainSubmitter

NODE = to_address(b"\x11" * 20)
TOKEN, REGISTRY, HUB, VERIFIER, GATEWAY = (to_address(bytes([n]) * 20) for n in range(1, 6))
DEPLOYMENT = Deployment(
    chain_id=5, token=TOKEN, registry=REGISTRY, hub=HUB, verifier=VERIFIER, gateway=GATEWAY
)
TAKEN = (32).to_bytes(32, "big") + (1).to_bytes(32, "big") + bytes(32)
ALREADY_COMMITTED = TAKEN[:64] + keccak(b"AlreadyCommitted(bytes32,address)")[:4] + bytes(28)


@attrs.define
class Receipt:
    """Of which only the block matters here."""

    block_number: int


@attrs.define
class ScriptedChain:
    """Answers as it is told."""

    answer: bytes | Exception = TAKEN
    gas: int | Exception = 100_000
    price: int = 10
    mined: int = 0
    final: int = 0
    receipts: dict[bytes, Receipt] = attrs.Factory(dict)

    def call(self, call: Call, block: int | None = None, sender: str | None = None) -> bytes:
        """The scripted answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def together(self, *reads: Callable[[], Any]) -> tuple[Any, ...]:
        """What each read gives, one after the other."""
        return tuple(read() for read in reads)

    def estimate_gas(self, call: Call, sender: str) -> int:
        """The scripted figure."""
        if isinstance(self.gas, Exception):
            raise self.gas
        return self.gas

    def fees(self) -> Fees:
        """The scripted price."""
        return Fees(maximum=self.price, priority=None, block_gas=10**7)

    def nonce(self, address: str, *, pending: bool = True, block: int | None = None) -> int:
        """How many were mined, now or at a block."""
        return self.mined if block is None else self.final

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """The scripted receipt."""
        return self.receipts.get(tx_hash)


def raw_of(nonce: int) -> bytes:
    """What stands for a signed transaction."""
    return b"raw" + bytes([nonce])


class ScriptedSender:
    """Signs, tells, and then sends or fails."""

    def __init__(self, chain: ScriptedChain) -> None:
        self.chain = chain
        self.address = NODE
        self.failure: Exception | None = None
        self.refusal: Exception | None = None
        self.refuses = b""
        self.sent: list[Call] = []
        self.resent: list[tuple[int, bytes]] = []
        self.held: set[bytes] = set()
        self.spending = Spending()

    def prepare(self, call: Call) -> str:
        """Nothing that these tests look at."""
        return f"prepared {call}"

    def submit(self, call: Call, *, on_signed: Any, prepared: str | None = None) -> bytes:
        """Like the real one, in this order."""
        assert prepared in (None, f"prepared {call}")
        if self.refusal:
            raise self.refusal
        if self.refuses and call.data.startswith(self.refuses):
            raise ContractRefused("one of them has become impossible")
        nonce = len(self.sent)
        on_signed(nonce, bytes([nonce]) * 32, raw_of(nonce))
        if self.failure:
            raise self.failure
        self.sent.append(call)
        return bytes([nonce]) * 32

    def hold(self, signed: Iterable[Signed]) -> None:
        """Note them."""
        self.held.update(each.raw for each in signed)

    def resend(self, nonce: int, raw: bytes) -> bytes:
        """Note it."""
        self.resent.append((nonce, raw))
        if self.failure:
            raise self.failure
        return b""


def new_task(*, tip: int = 0) -> Task:
    """A task that was computed."""
    params = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=9, expires_at=2_000)
    request = Request(
        chain_id=5,
        gateway=GATEWAY,
        requester=to_address(b"\4" * 20),
        nonce=0,
        program=keccak(b"program"),
        input_hash=keccak(b""),
        price=100,
        tip=tip,
        callback_gas=0,
        requested_at=1_000,
        params=params.pack(),
    )
    return Task(request=request, input=b"", block=1, attempt=1, outcome=b"outcome")


def blocks(head: int = 100, deep: int = 98) -> Blocks:
    """A head and a deep block."""
    refs = [BlockRef(number=n, hash=bytes(32), parent_hash=bytes(32), timestamp=n) for n in (head, deep)]
    return Blocks(head=refs[0], deep=refs[1])


class Desk:
    """A submitter with everything around it."""

    def __init__(self) -> None:
        self.chain = ScriptedChain()
        self.sender = ScriptedSender(self.chain)
        self.journal = Journal(":memory:", Identity(chain_id=5, hub=HUB, node=NODE))
        self.submitter = ChainSubmitter(self.sender, DEPLOYMENT, self.journal)


@pytest.fixture
def desk() -> Any:
    """A submitter with an empty journal."""
    made = Desk()
    yield made
    made.journal.close()


def test_sent_is_journalled_first(desk: Desk) -> None:
    """A transaction whose broadcast fails is in the journal all the same, and goes out again."""
    desk.sender.failure = ChainError("down")
    assert desk.submitter.commit(new_task(), b"c" * 32)
    with pytest.raises(ChainError):
        desk.submitter.flush()
    (sent,) = desk.journal.unsettled()
    assert (sent.nonce, sent.duty, sent.task_id) == (0, Duty.COMMIT, new_task().task_id)
    desk.sender.failure = None
    desk.submitter.settle(blocks())
    assert desk.sender.resent == [(0, raw_of(0))]


def test_nothing_is_sent_twice_while_it_waits(desk: Desk) -> None:
    """Between broadcast and block the same duty stays quiet; another task's does not."""
    assert desk.submitter.commit(new_task(), b"c" * 32)
    assert not desk.submitter.commit(new_task(), b"c" * 32)
    desk.submitter.flush()
    assert not desk.submitter.commit(new_task(), b"c" * 32)
    desk.submitter.settle(blocks())
    assert not desk.submitter.commit(new_task(), b"c" * 32)
    assert desk.submitter.commit(new_task(tip=1), b"c" * 32)
    desk.submitter.flush()
    assert len(desk.sender.sent) == 2


def test_mined_but_not_final_is_kept(desk: Desk) -> None:
    """Until it is K deep a transaction stays in the journal; when its block is lost it is sent again."""
    desk.submitter.commit(new_task(), b"c" * 32)
    desk.submitter.flush()
    name = keccak(raw_of(0))
    desk.chain.receipts[name], desk.chain.mined = Receipt(99), 1
    desk.submitter.settle(blocks())
    assert len(desk.journal.unsettled()) == 1
    assert desk.sender.resent == []
    desk.chain.mined = 0
    desk.submitter.settle(blocks())
    assert desk.sender.resent == [(0, raw_of(0))]
    desk.chain.receipts[name], desk.chain.mined = Receipt(98), 1
    desk.submitter.settle(blocks())
    assert desk.journal.unsettled() == []


def test_replaced_transaction_is_let_go(desk: Desk) -> None:
    """When another transaction took the nonce the duty is free at once, and the nonce once that is final."""
    desk.submitter.commit(new_task(), b"c" * 32)
    desk.submitter.flush()
    desk.chain.mined = 1
    desk.submitter.settle(blocks())
    assert len(desk.journal.unsettled()) == 1
    desk.chain.final = 1
    desk.submitter.settle(blocks())
    assert desk.journal.unsettled() == []
    assert desk.sender.resent == []
    assert desk.submitter.commit(new_task(), b"c" * 32)


def commits_in(call: Call) -> list[bytes]:
    """The calls in a batch, decoded by eth-abi."""
    assert call.data[:4] == keccak(b"multicall(bytes[])")[:4]
    (calls,) = decode(["bytes[]"], call.data[4:])
    return list(calls)


def test_several_tasks_make_one_transaction(desk: Desk) -> None:
    """Each call in it is the one that would have gone out alone; while it waits all of them are quiet."""
    for tip in range(3):
        assert desk.submitter.commit(new_task(tip=tip), b"c" * 32)
    assert desk.sender.sent == []
    desk.submitter.flush()
    (together,) = desk.sender.sent
    alone = Desk()
    for tip in range(3):
        alone.submitter.commit(new_task(tip=tip), b"c" * 32)
        alone.submitter.flush()
    assert commits_in(together) == [call.data for call in alone.sender.sent]
    alone.journal.close()
    desk.submitter.settle(blocks())
    assert not any(desk.submitter.commit(new_task(tip=tip), b"c" * 32) for tip in range(3))
    desk.chain.mined = desk.chain.final = 1
    desk.submitter.settle(blocks())
    assert all(desk.submitter.commit(new_task(tip=tip), b"c" * 32) for tip in range(3))


def test_duties_are_not_mixed_and_batches_fit_a_block(desk: Desk) -> None:
    """Forty commitments and a reveal: sixteen, sixteen, eight, and the reveal by itself."""
    for tip in range(40):
        desk.submitter.commit(new_task(tip=tip), b"c" * 32)
    desk.submitter.reveal(new_task(), log_of(new_task()).ballots[0], bytes(32))
    desk.submitter.flush()
    assert [len(commits_in(call)) for call in desk.sender.sent[:3]] == [16, 16, 8]
    assert [sent.duty for sent in desk.journal.unsettled()] == [*[Duty.COMMIT] * 3, Duty.REVEAL]
    assert desk.sender.sent[3].data[:4] != desk.sender.sent[0].data[:4]


def test_what_is_refused_together_goes_alone(desk: Desk) -> None:
    """When one of them has become impossible, the others do not wait for it."""
    desk.sender.refuses = keccak(b"multicall(bytes[])")[:4]
    for tip in range(3):
        desk.submitter.commit(new_task(tip=tip), b"c" * 32)
    desk.submitter.flush()
    assert len(desk.sender.sent) == 3
    assert len(desk.journal.unsettled()) == 3


def test_a_batch_that_nobody_confirmed_is_known(desk: Desk) -> None:
    """The endpoint took it, or not, and did not say so: none of it is sent a second time."""
    for tip in range(2):
        desk.submitter.commit(new_task(tip=tip), b"c" * 32)
    desk.sender.failure = ChainError("no answer")
    with pytest.raises(ChainError):
        desk.submitter.flush()
    desk.sender.failure = None
    desk.submitter.settle(blocks())
    assert not any(desk.submitter.commit(new_task(tip=tip), b"c" * 32) for tip in range(2))
    assert len(desk.journal.unsettled()) == 1


def test_a_batch_is_known_after_a_restart(desk: Desk) -> None:
    """A new process finds in the journal what the transaction carries, and sends none of it again."""
    for tip in range(2):
        desk.submitter.commit(new_task(tip=tip), b"c" * 32)
    desk.submitter.flush()
    (call,), (sent,) = desk.sender.sent, desk.journal.unsettled()
    desk.journal.settle(sent.nonce)
    made = Transaction(chain_id=5, nonce=0, call=call, gas=10**6, price=Price(maximum=9))
    raw = made.signed(KeySigner.random()).raw
    desk.journal.record_sent(attrs.evolve(sent, raw=raw, tx_hash=keccak(raw)))
    again = ChainSubmitter(desk.sender, DEPLOYMENT, desk.journal)  # type: ignore[arg-type]
    again.settle(blocks())
    assert not any(again.commit(new_task(tip=tip), b"c" * 32) for tip in range(2))
    assert again.commit(new_task(tip=2), b"c" * 32)


@pytest.mark.parametrize("answer", [ALREADY_COMMITTED, ContractRefused("no", "CommitPhaseOver")])
def test_what_the_hub_would_refuse_is_not_sent(
    desk: Desk, answer: bytes | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """A skipped entry and a revert cost nothing, and the reason is logged."""
    caplog.set_level(logging.INFO)
    desk.chain.answer = answer
    assert not desk.submitter.commit(new_task(), b"c" * 32)
    assert desk.sender.sent == []
    assert desk.journal.unsettled() == []
    assert "is not sent" in caplog.text


def test_lost_race_is_not_sent(desk: Desk) -> None:
    """What somebody else has done meanwhile is refused at the dry run."""
    desk.sender.refusal = ContractRefused("done", "AlreadyFinalized")
    assert not desk.submitter.finalize(new_task(), log_of(new_task()))


def test_empty_purse_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A node without coins says so and goes on."""
    desk.sender.refusal = InsufficientFunds("send coins to it")
    assert not desk.submitter.alive()
    assert not desk.submitter.enter()
    assert "send coins" in caplog.text


def test_empty_purse_at_resend_is_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """So does one that has to send something again."""
    desk.submitter.alive()
    desk.sender.failure = InsufficientFunds("send coins to it")
    desk.submitter.settle(blocks())
    assert "alive cannot be sent again" in caplog.text


def log_of(task: Task) -> RoundLog:
    """A round that our node alone has won."""
    ballots = (Ballot(node=NODE, payout=NODE, weight=5, word=keccak(b"outcome")),)
    counted = tally(task.task_id, task.params, 5, ballots)
    return RoundLog(attempt=1, ballots=ballots, outcomes={NODE: b"outcome"}, tally=counted)


def test_delivery_is_weighed_against_its_tip(desk: Desk) -> None:
    """Gas times price must not exceed the tip; without a tip it is not even estimated."""
    desk.chain.gas, desk.chain.price = 100, 10
    for tip, pays in ((0, False), (999, False), (1_000, True)):
        task = new_task(tip=tip)
        assert desk.submitter.deliver(task, log_of(task), if_paid=True) is pays
    desk.chain.gas = ContractRefused("no", "TaskNotOpen")
    assert not desk.submitter.deliver(new_task(tip=5_000), log_of(new_task()), if_paid=True)
    assert desk.submitter.deliver(new_task(), log_of(new_task()), if_paid=False)


def test_claims_fit_a_block(desk: Desk) -> None:
    """No more than twenty rewards a transaction."""
    tasks = [new_task(tip=number) for number in range(1, 26)]
    assert desk.submitter.claim([(task, log_of(task)) for task in tasks])
    (call,) = desk.sender.sent
    count = int.from_bytes(call.data[4 + 32 : 4 + 64], "big")
    assert count == 20


def test_reveal_needs_an_outcome(desk: Desk) -> None:
    """To reveal nothing is a mistake of the caller's."""
    bare = attrs.evolve(new_task(), outcome=None)
    ballot = log_of(bare).ballots[0]
    with pytest.raises(ValueError, match="without an outcome"):
        desk.submitter.reveal(bare, ballot, bytes(32))


def test_round_log_tells_places_and_ranks() -> None:
    """Place in the commit order, rank among the winners, and the agreed outcome."""
    task, other = new_task(), to_address(b"\x12" * 20)
    ballots = tuple(
        Ballot(node=node, payout=node, weight=weight, word=word)
        for node, weight, word in [(other, 2, keccak(b"lie")), (NODE, 5, keccak(b"outcome"))]
    )
    log = RoundLog(
        attempt=1,
        ballots=ballots,
        outcomes={NODE: b"outcome", other: b"lie"},
        tally=tally(task.task_id, task.params, 7, ballots),
    )
    assert (log.position(NODE), log.rank(NODE), log.rank(other), log.outcome) == (1, 0, None, b"outcome")
    with pytest.raises(LookupError, match="did not commit"):
        log.position(HUB)
    split = attrs.evolve(log, tally=tally(task.task_id, task.params, 100, ballots))
    assert split.outcome == b""
    assert split.tally.record == Record.without_consensus(task.task_id, 100)


def test_sent_survives_its_journal(desk: Desk) -> None:
    """What is kept of a transaction is all that sending it again takes."""
    sent = Sent(nonce=3, tx_hash=b"h" * 32, raw=b"raw", duty=Duty.CLAIM)
    desk.journal.record_sent(sent)
    assert desk.journal.unsettled() == [sent]
