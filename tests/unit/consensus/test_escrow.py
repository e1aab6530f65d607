"""The gateway's mirror: every wei that comes in goes to somebody, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from chainboy.consensus import encoding
from chainboy.consensus.escrow import Claim, Escrow, TaskState
from chainboy.consensus.fields import ZERO_ADDRESS, ZERO_HASH, to_address
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Bounds, Mode, Params
from chainboy.consensus.profiles import GatewayProfile, HubProfile, RegistryProfile
from chainboy.consensus.record_verifier import ALWAYS_LIVE, HubRecords
from chainboy.consensus.refusal import Refused
from chainboy.consensus.request import Request
from chainboy.consensus.round_book import RoundBook
from chainboy.consensus.stake import StakeBook
from chainboy.consensus.tally import Ballot, tally, word_of

BOUNDS = Bounds(min_commit_window=10, max_commit_window=100, max_fuel=1_000)
PROFILE = GatewayProfile(
    bounds=BOUNDS,
    reveal_window=50,
    settle_time=40,
    max_task_life=1_000,
    refund_margin=100,
    min_price=100,
    max_callback_gas=50_000,
)
REGISTRY = RegistryProfile(
    genesis_time=0,
    epoch_length=1_000,
    unbonding_epochs=4,
    idle_epochs=2,
    max_active=4,
    min_bond=1,
    min_active_weight=1,
    unrevealed_share=1,
    random_share=1,
    forgery_share=1,
)
HUB = HubProfile(
    bounds=BOUNDS,
    reveal_window=50,
    phase_blocks=20,
    block_time=3,
    attempt_life=200,
    max_task_life=1_000,
    min_seal_interval=10,
    listing_delay=60,
)
GATEWAY, TREASURER, REQUESTER, RELAYER = (to_address(bytes([n]) * 20) for n in (1, 2, 3, 4))
NODES = [to_address(bytes([n]) * 20) for n in range(100, 104)]
PAYOUTS = [to_address(bytes([n]) * 20) for n in range(200, 204)]
PROGRAM, NOW = b"\x09" * 32, 5_000
RULES = Params(mode=Mode.EXACT, commit_window=10, fuel_limit=9, expires_at=NOW + 500)
OUTCOME = Outcome(Status.OK, 3, b"yes").encode()


def refuses(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[object, ...]:
    """The refusal's arguments; the call must be refused by this name."""
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    assert refused.value.name == name
    return refused.value.arguments


class Stage:
    """An escrow beside a hub whose tallies are set by hand."""

    def __init__(self, live_until: int = ALWAYS_LIVE) -> None:
        self.hub = RoundBook(HUB, StakeBook(REGISTRY, hub=GATEWAY, treasurer=TREASURER))
        self.verifier = HubRecords(self.hub)
        self.verifier.live_until = live_until
        self.escrow = Escrow(
            PROFILE, chain_id=5, gateway=GATEWAY, treasurer=TREASURER, verifier=self.verifier
        )

    def ask(self, rules: Params | int = RULES, **changes: Any) -> Request:
        """Ask with some figures changed."""
        word = rules if isinstance(rules, int) else rules.pack()
        call = {"program": PROGRAM, "input_bytes": b"in", "params_word": word, "callback_gas": 0, "tip": 7}
        return self.escrow.request(**{**call, "sender": REQUESTER, "value": 1_008, "now": NOW, **changes})

    def decide(self, request: Request, total: int = 20) -> Any:
        """Record that four nodes of 1, 2, 3 and 6 tokens agreed, of ``total``."""
        ballots = [
            Ballot(node=node, payout=payout, weight=weight, word=word_of(Mode.EXACT, OUTCOME))
            for node, payout, weight in zip(NODES, PAYOUTS, (1, 2, 3, 6), strict=True)
        ]
        counted = tally(request.task_id, RULES, total, ballots)
        self.hub.tallies[request.task_id] = counted
        return counted.record

    def deliver(self, request: Request, record: Any, outcome: bytes = OUTCOME, **changes: Any) -> Any:
        """Bring it, by the relayer."""
        return self.escrow.deliver(request, record, outcome, **{"sender": RELAYER, "now": NOW, **changes})

    def claims(self, request: Request) -> list[Claim]:
        """All that can be claimed."""
        counted = self.hub.tallies[request.task_id]
        tree = WinnerTree([winner.leaf for winner in counted.winners])
        return [
            Claim(
                task_id=request.task_id,
                price=request.price,
                winners_root=counted.record.winners_root,
                rest_weight=counted.record.rest_weight,
                winners_count=counted.record.winners_count,
                rank=winner.rank,
                node=winner.node,
                payout=winner.payout,
                weight=winner.weight,
                proof=tree.proof(winner.rank),
            )
            for winner in counted.winners
        ]


@pytest.mark.parametrize(
    ("rules", "changes", "name", "arguments"),
    [
        (RULES, {"tip": 1_009}, "TipAboveValue", (1_009, 1_008)),
        (RULES, {"value": 106}, "PriceBelowMinimum", (99, 100)),
        (RULES, {"callback_gas": 50_001}, "CallbackGasTooHigh", (50_001, 50_000)),
        (0, {}, "UnsupportedVersion", (0,)),
        (attrs.evolve(RULES, commit_window=9), {}, "CommitWindowOutOfRange", (9,)),
        (RULES, {"program": ZERO_HASH}, "ProgramMismatch", (ZERO_HASH,)),
        (attrs.evolve(RULES, mode=Mode.RANDOM, fuel_limit=0), {}, "ProgramMismatch", (PROGRAM,)),
        (attrs.evolve(RULES, expires_at=5_099), {}, "ExpiresTooSoon", (5_099, 5_100)),
        (attrs.evolve(RULES, expires_at=6_001), {}, "ExpiresTooLate", (6_001, 6_000)),
    ],
)
def test_requests_that_are_refused(
    rules: Params | int, changes: dict[str, Any], name: str, arguments: tuple[object, ...]
) -> None:
    """Each by its own name, and nothing is kept."""
    stage = Stage()
    assert refuses(name, stage.ask, rules, **changes) == arguments
    assert (stage.escrow.balance, stage.escrow.nonce) == (0, 0)


def test_a_request_needs_a_verifier_that_lives_long_enough() -> None:
    """Until the task can be refunded."""
    assert refuses("VerifierNotLive", Stage(live_until=5_599).ask) == (5_599, 5_600)
    Stage(live_until=5_600).ask()


def test_a_request_is_kept() -> None:
    """Price and tip are in escrow; the next one has another name."""
    stage = Stage()
    first, second = stage.ask(), stage.ask()
    assert (first.price, first.tip, first.requested_at) == (1_001, 7, NOW)
    assert (first.nonce, second.nonce) == (0, 1)
    assert first.task_id != second.task_id
    assert stage.escrow.balance == stage.escrow.open_escrow == 2_016
    assert stage.escrow.state_of(first.task_id) is TaskState.REQUESTED
    assert stage.escrow.state_of(PROGRAM) is TaskState.NONE


def test_delivery_with_consensus() -> None:
    """The tip is the sender's, the treasury has its share, and winners claim theirs once."""
    stage = Stage()
    request = stage.ask()
    delivery = stage.deliver(request, stage.decide(request))
    assert (delivery.consensus, delivery.calls_back) == (True, False)
    escrow = stage.escrow
    assert (escrow.credit_of(RELAYER), escrow.treasury, escrow.open_escrow) == (7, 201, 0)
    assert escrow.state_of(request.task_id) is TaskState.DELIVERED
    claims = stage.claims(request)
    assert escrow.claim(claims) == ("", "", "", "")
    assert [escrow.credit_of(payout) for payout in PAYOUTS] == [150, 150, 166, 333]
    assert escrow.claim(claims[:1]) == ("AlreadyClaimed",)
    assert escrow.is_claimed(request.task_id, 3)
    assert not escrow.is_claimed(request.task_id, 4)
    dust = escrow.balance - escrow.treasury - sum(escrow.credits.values())
    assert dust == 1


def test_claims_that_are_passed_over() -> None:
    """Wrong terms, no winner, a wrong proof or leaf."""
    stage = Stage()
    request = stage.ask()
    claim = None
    stage.decide(request)
    claim = stage.claims(request)[2]
    assert stage.escrow.claim([claim]) == ("ClaimMismatch",)
    stage.deliver(request, stage.hub.tallies[request.task_id].record)
    changed = [
        attrs.evolve(claim, price=1_002),
        attrs.evolve(claim, rest_weight=1),
        attrs.evolve(claim, winners_count=5),
        attrs.evolve(claim, task_id=PROGRAM),
        attrs.evolve(claim, rank=4),
        attrs.evolve(claim, rank=3),
        attrs.evolve(claim, weight=4),
        attrs.evolve(claim, payout=RELAYER),
        attrs.evolve(claim, proof=claim.proof[:-1]),
    ]
    assert stage.escrow.claim(changed) == ("ClaimMismatch",) * 4 + ("NotAWinner",) * 5
    assert stage.escrow.claim([claim]) == ("",)


def test_delivery_without_consensus() -> None:
    """Price and tip are credited back, and there is no outcome to bring."""
    stage = Stage()
    request = stage.ask()
    record = stage.decide(request, total=24)
    assert refuses("OutcomeMismatch", stage.deliver, request, record) == (ZERO_HASH,)
    delivery = stage.deliver(request, record, b"")
    assert (delivery.consensus, delivery.calls_back) == (False, False)
    assert (stage.escrow.credit_of(REQUESTER), stage.escrow.treasury) == (1_008, 0)
    assert stage.escrow.withdraw(RELAYER, sender=REQUESTER) == 1_008
    assert stage.escrow.balance == 0


def test_deliveries_that_are_refused() -> None:
    """Only the hub's record of this task, with its outcome, in time, once."""
    stage = Stage()
    request, other = stage.ask(), stage.ask()
    record, elsewhere = stage.decide(request), stage.decide(other)
    unknown = attrs.evolve(request, nonce=99)
    changed = attrs.evolve(record, agreeing_weight=13)
    refuses("TaskNotOpen", stage.deliver, unknown, record)
    refuses("RecordOfAnotherTask", stage.deliver, request, elsewhere)
    refuses("UnprovenRecord", stage.deliver, request, changed)
    refuses("UnprovenRecord", stage.deliver, request, record, proof=b"\0")
    refuses("OutcomeMismatch", stage.deliver, request, record, b"other")
    del stage.hub.tallies[other.task_id]
    refuses("UnprovenRecord", stage.deliver, other, elsewhere)
    refuses("DeliveryTooLate", stage.deliver, request, record, now=NOW + 600)
    stage.deliver(request, record, now=NOW + 599)
    refuses("TaskNotOpen", stage.deliver, request, record)
    refuses("TaskNotOpen", stage.escrow.refund, request, now=NOW + 600)


@pytest.mark.parametrize(
    ("gas", "now", "calls"), [(0, NOW, False), (9, NOW + 499, True), (9, NOW + 500, False)]
)
def test_the_requester_is_called_in_time_only(gas: int, now: int, calls: bool) -> None:
    """Before the expiry, if it asked for it."""
    stage = Stage()
    request = stage.ask(callback_gas=gas)
    assert stage.deliver(request, stage.decide(request), now=now).calls_back is calls


def test_refund() -> None:
    """From the refund time on, once, and no delivery after it."""
    stage = Stage()
    request = stage.ask()
    record = stage.decide(request)
    assert refuses("RefundTooEarly", stage.escrow.refund, request, now=NOW + 599)[1:] == (5_600,)
    stage.escrow.refund(request, now=NOW + 600)
    assert stage.escrow.credit_of(REQUESTER) == 1_008
    assert stage.escrow.state_of(request.task_id) is TaskState.REFUNDED
    refuses("TaskNotOpen", stage.escrow.refund, request, now=NOW + 600)
    refuses("TaskNotOpen", stage.deliver, request, record)


def test_requests_of_another_gateway_are_not_open_here() -> None:
    """Chain and gateway are this one's, whatever a request says."""
    stage = Stage()
    request = stage.ask()
    stage.deliver(attrs.evolve(request, chain_id=6), stage.decide(request))
    assert stage.escrow.state_of(request.task_id) is TaskState.DELIVERED


def test_withdrawing() -> None:
    """All of it, once, and not to nobody."""
    stage = Stage()
    request = stage.ask()
    stage.deliver(request, stage.decide(request))
    refuses("TransferFailed", stage.escrow.withdraw, ZERO_ADDRESS, sender=RELAYER)
    assert stage.escrow.withdraw(REQUESTER, sender=RELAYER) == 7
    assert refuses("NothingToWithdraw", stage.escrow.withdraw, RELAYER, sender=RELAYER) == (RELAYER,)


def test_treasury() -> None:
    """The treasurer's, no more than there is."""
    stage = Stage()
    request = stage.ask()
    stage.deliver(request, stage.decide(request))
    refuses("NotTreasurer", stage.escrow.move_treasury, RELAYER, 1, sender=REQUESTER)
    assert refuses("TreasuryTooSmall", stage.escrow.move_treasury, RELAYER, 202, sender=TREASURER) == (201,)
    refuses("TransferFailed", stage.escrow.move_treasury, ZERO_ADDRESS, 1, sender=TREASURER)
    stage.escrow.move_treasury(RELAYER, 201, sender=TREASURER)
    assert (stage.escrow.treasury, stage.escrow.balance) == (0, 807)


def test_hashes_are_this_modules_business() -> None:
    """The request's input is kept by hash alone."""
    assert Stage().ask().input_hash == encoding.keccak(b"in")
