"""One task from bond to withdrawal through the wrappers alone, on py-evm."""

from __future__ import annotations

import pytest
from eth_hash.auto import keccak

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.consensus import encoding
from chainboy.consensus.fields import ZERO_HASH
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.signing import commit_message, register_message
from chainboy.contracts.deployment import Deployment, deploy
from chainboy.contracts.gateway import Claim, TaskState
from chainboy.contracts.gateway_events import RewardClaimed, TaskDelivered, TaskRequested
from chainboy.contracts.hub import BallotEntry, BallotState, CommitEntry, RevealEntry
from chainboy.contracts.hub_events import Committed, EntrySkipped, Finalized, QuorumReached, Revealed
from chainboy.contracts.profile import Profile
from chainboy.contracts.registry_events import Entered, Registered
from chainboy.errors import ContractRefused
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Digest, Fuel, Timestamp

pytestmark = pytest.mark.chain
BOND, PRICE, TIP = 100, 10_000, 7


class Stage:
    """A network of one node; the sender owns it, relays for it, and asks."""

    def __init__(self) -> None:
        self.backend = EmbeddedChain()
        chain = Chain(self.backend.web3, ChainProfile.local(self.backend.web3.eth.chain_id))
        self.sender = Sender(chain, KeySigner(FAUCET_KEY))
        self.node = KeySigner(keccak(b"node"))
        self.made: Deployment = deploy(
            self.sender, Profile.local(genesis_time=chain.head().timestamp), treasurer=self.sender.address
        )
        self.registry, self.hub = self.made.registry_on(chain), self.made.hub_on(chain)
        self.gateway, self.token = self.made.gateway_on(chain), self.made.token_on(chain)

    def travel(self, seconds: int) -> None:
        """Move the clock."""
        self.backend.travel(Timestamp(self.sender.chain.head().timestamp + seconds))

    def join(self) -> None:
        """Register, bond, enter, and wait for the next epoch."""
        owner, node = self.sender.address, self.node.address
        signature = self.node.sign(register_message(self.made.domain, node, owner, owner))
        receipt = self.sender.send(self.registry.register(node, owner, signature))
        assert self.registry.events(receipt.logs, Registered)[0].owner == owner
        self.sender.send(self.token.approve(self.registry.address, BOND))
        assert self.token.allowance(owner, self.registry.address) == BOND
        self.sender.send(self.registry.bond(node, BOND))
        receipt = self.sender.send(self.registry.enter(node))
        assert self.registry.events(receipt.logs, Entered)[0].node == node
        self.travel(600)

    def request(self) -> TaskRequested:
        """Ask for a program."""
        params = Params(
            mode=Mode.EXACT,
            commit_window=60,
            fuel_limit=Fuel(10),
            expires_at=Timestamp(self.sender.chain.head().timestamp + 3_600),
        )
        call = self.gateway.request(
            program=b"\x01" * 32, input=b"in", params=params.pack(), price=PRICE, tip=TIP
        )
        (event,) = self.gateway.events(self.sender.send(call).logs, TaskRequested)
        return event


@pytest.fixture
def stage() -> Stage:
    """A network whose one node is active."""
    made = Stage()
    made.join()
    return made


def test_a_task_from_request_to_reward(stage: Stage) -> None:
    """Commit by signature, reveal at once, finalize, deliver, claim, withdraw: money and states add up."""
    sender, hub, gateway, node = stage.sender, stage.hub, stage.gateway, stage.node.address
    asked = stage.request()
    task_id, request = asked.task_id, asked.request
    outcome = Outcome(Status.OK, Fuel(5), b"\x00" * 32).encode()
    salt, deadline = keccak(b"salt"), Timestamp(2**40)
    commitment = encoding.commitment(task_id, 1, node, encoding.keccak(outcome), salt)
    signature = stage.node.sign(commit_message(stage.made.domain, task_id, commitment, 1, deadline))
    entry = CommitEntry(node=node, attempt=1, commitment=commitment, deadline=deadline, signature=signature)
    commit = hub.commit(request.hash, request.params, [entry])
    assert hub.refusals(commit, sender.address) == ("",)
    receipt = sender.send(commit)
    (committed,) = hub.events(receipt.logs, Committed)
    assert (committed.node, committed.weight, committed.position) == (node, BOND, 0)
    assert hub.events(receipt.logs, QuorumReached)
    with pytest.raises(ContractRefused, match="CommitPhaseOver"):  # all active weight has committed
        hub.refusals(commit, sender.address)
    assert hub.ballot_of(task_id, 1, node) is BallotState.COMMITTED
    reveal = RevealEntry(
        node=node, payout=committed.payout, weight=committed.weight, outcome=outcome, salt=salt
    )
    receipt = sender.send(hub.reveal(task_id, [reveal]))
    (revealed,) = hub.events(receipt.logs, Revealed)
    assert revealed.outcome == outcome
    assert not hub.events(receipt.logs, EntrySkipped)
    state = hub.round_of(task_id)
    assert (state.attempt, state.committed, state.revealed, state.mode) == (1, 1, 1, Mode.EXACT)
    ballot = BallotEntry(node=node, payout=committed.payout, weight=committed.weight, choice=0)
    receipt = sender.send(hub.finalize(request.hash, request.params, [keccak(revealed.outcome)], [ballot]))
    (final,) = hub.events(receipt.logs, Finalized)
    assert final.record.agreeing_weight == final.record.total_weight == BOND
    assert hub.record_hash_of(task_id) == final.record.hash
    assert hub.records_count() == 1
    assert hub.records_root() != ZERO_HASH
    stage.made.verifier_on(sender.chain).require_record(final.record)

    credit = gateway.credit_of(sender.address)
    receipt = sender.send(gateway.deliver(request, final.record, outcome))
    (delivered,) = gateway.events(receipt.logs, TaskDelivered)
    assert delivered.record == final.record
    assert (gateway.state_of(task_id), gateway.callback_failed(task_id)) == (TaskState.DELIVERED, False)
    share = gateway.reward_of(price=PRICE, rest_weight=0, winners_count=1, rank=0, weight=BOND)
    assert (share, gateway.treasury(), gateway.treasury_share_of(PRICE, 1)) == (1_500, 8_500, 8_500)
    claim = Claim(
        task_id=task_id,
        price=request.price,
        winners_root=final.record.winners_root,
        rest_weight=final.record.rest_weight,
        winners_count=final.record.winners_count,
        rank=0,
        node=node,
        payout=committed.payout,
        weight=committed.weight,
        proof=(),
    )
    (reward,) = gateway.events(sender.send(gateway.claim([claim])).logs, RewardClaimed)
    assert (reward.amount, reward.payout) == (share, sender.address)
    assert gateway.is_claimed(task_id, 0)
    assert gateway.credit_of(sender.address) == credit + share + TIP
    sender.send(gateway.withdraw(sender.address))
    sender.send(gateway.move_treasury(sender.address, 8_500))
    assert sender.chain.balance(gateway.address) == 0
    for refused in (
        gateway.retry(request, final.record, outcome),
        hub.finalize(request.hash, request.params, [keccak(revealed.outcome)], [ballot]),
    ):
        with pytest.raises(ContractRefused, match=r"NothingToRetry|AlreadyFinalized"):
            sender.send(refused)


def test_a_task_nobody_answers_is_refunded(stage: Stage) -> None:
    """Price and tip come back once it is refundable."""
    asked = stage.request()
    stage.travel(3_600 + 3_600)
    before = stage.gateway.credit_of(stage.sender.address)
    stage.sender.send(stage.gateway.refund(asked.request))
    assert stage.gateway.credit_of(stage.sender.address) == before + PRICE + TIP
    assert stage.gateway.state_of(asked.task_id) is TaskState.REFUNDED


def test_a_nodes_life_in_the_registry(stage: Stage) -> None:
    """Every entry point of the registry through its wrapper, or refused by name."""
    sender, registry, node = stage.sender, stage.registry, stage.node.address
    epoch = registry.current_epoch()
    assert registry.snapshot_at(node, epoch) == (BOND, sender.address)
    assert registry.total_at(epoch) == (BOND, 1)
    assert registry.seats_taken() == 1
    sender.send(registry.alive(node))
    sender.send(registry.set_payout(node, stage.token.address))
    sender.send(registry.unbond(node, 40))
    state = registry.node_of(node)
    assert (state.bonded, state.unbonding, state.weight, state.active) == (60, 40, 60, True)
    assert (state.owner, state.payout) == (sender.address, stage.token.address)
    assert state.last_active_epoch == epoch
    with pytest.raises(ContractRefused, match=f"StillUnbonding .*wait for the start of epoch {epoch + 43}"):
        sender.send(registry.withdraw(node, sender.address))
    with pytest.raises(ContractRefused, match="NotIdle"):
        sender.send(registry.drop_idle(node))
    with pytest.raises(ContractRefused, match="TreasuryTooSmall"):
        sender.send(registry.move_treasury(sender.address, 1))
    with pytest.raises(ContractRefused, match="NotFinalized"):
        sender.send(stage.hub.slash_unrevealed(encoding.task_id(Digest(bytes(32)), 0), [node]))
    assert registry.treasury() == 0
    assert stage.hub.domain_separator() == stage.made.domain.separator
