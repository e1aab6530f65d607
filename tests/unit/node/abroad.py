"""A home chain and a remote one, with the outpost there of a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirrored import ANSWER, BONDS, DEPLOYMENT, KEYS, NODES, PLACE, HomeChain, RemoteChain

from chainboy.chain.sender import Sender
from chainboy.checkpoints import Bridge, Ledger
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.merkle import WinnerTree
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.contracts.gateway import Claim
from chainboy.node.home import RoundLog
from chainboy.node.outpost import Outpost
from chainboy.node.rows import Task

A = NODES[0]

STAKE = StakeDistribution.of(BONDS.items())


class World:
    """A home chain, a remote one, and the outpost there of the node A."""

    def __init__(self, *, confirmations: int = 0) -> None:
        self.home = HomeChain()
        self.remote = RemoteChain(self.home, confirmations)
        self.outpost = Outpost(PLACE.gateway_on(self.remote), Sender(self.remote, KEYS[A]))  # type: ignore[arg-type]

    def ask(self, **fields: Any) -> Task:
        """A task of the remote chain."""
        return Task(request=self.remote.ask(**fields), input=b"", block=1)

    def deliver(self, task: Task, outcomes: Sequence[bytes | None] = (ANSWER,) * 4) -> Record:
        """Everybody agrees, and somebody carries it over."""
        record = self.home.answer(task.request, outcomes)
        held = self.remote.book.stake
        assert held.stake_hash == STAKE.hash
        self.home.mine(seconds=10)
        self.remote.travel(self.home.now)
        self.remote.submit(self.home.seal(), NODES, STAKE)
        ledger = Ledger(self.home, DEPLOYMENT)  # type: ignore[arg-type]
        ledger.follow(self.home.head().number)
        verifier = PLACE.verifier_on(self.remote)  # type: ignore[arg-type]
        proof = Bridge(ledger, self.home, DEPLOYMENT, verifier).proof(task.task_id)  # type: ignore[arg-type]
        assert proof is not None
        self.remote.settle(task.request, record, proof)
        return record

    def log(self, request: Request) -> RoundLog:
        """The round in which all gave the answer."""
        params = Params.unpack(request.params)
        word = word_of(params.mode, ANSWER)
        ballots = tuple(Ballot(node=n, payout=n, weight=w, word=word) for n, w in BONDS.items())
        counted = tally(request.task_id, params, 100, ballots)
        return RoundLog(attempt=1, ballots=ballots, outcomes=dict.fromkeys(NODES, ANSWER), tally=counted)

    def claim(self, task: Task) -> Claim:
        """A's share."""
        log = self.log(task.request)
        winners, record = log.tally.winners, log.tally.record
        return Claim(
            task_id=task.task_id,
            price=task.request.price,
            winners_root=record.winners_root,
            rest_weight=record.rest_weight,
            winners_count=record.winners_count,
            rank=0,
            node=A,
            payout=A,
            weight=winners[0].weight,
            proof=WinnerTree([winner.leaf for winner in winners]).proof(0),
        )

    def credit(self) -> int:
        """What A was credited on the remote chain."""
        return int(self.remote.state.escrow.credit_of(A))
