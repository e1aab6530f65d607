"""A round as it would have been with one more node in it; pure.

Rule: protocol, sections 6 to 8: the same tally and the same split, with our ballot in its place in the commit
order.
"""

from __future__ import annotations

import attrs

from chainboy.consensus.encoding import keccak
from chainboy.consensus.majority import near
from chainboy.consensus.params import Mode
from chainboy.consensus.tally import Ballot, tally, word_of
from chainboy.node.home import RoundLog
from chainboy.node.rows import Task
from chainboy.units import Address, Weight


def joined(log: RoundLog, task: Task, outcome: bytes, *, node: Address, bond: Weight, after: int) -> RoundLog:
    """The round with a ballot of ``node`` that was sent when ``after`` was the newest block, and revealed.

    All that was in the next block, the first that could have taken it, is before it. The total grows by
    ``bond``; when the quorum was reached is left as it was.
    """
    position = sum(block <= after + 1 for block in log.blocks)
    own = Ballot(node=node, payout=node, weight=bond, word=word_of(task.params.mode, outcome))
    ballots = (*log.ballots[:position], own, *log.ballots[position:])
    total = Weight(log.tally.record.total_weight + bond)
    counted = tally(task.task_id, task.params, total, ballots)
    return attrs.evolve(
        log,
        ballots=ballots,
        blocks=(*log.blocks[:position], after + 1, *log.blocks[position:]),
        outcomes={**log.outcomes, node: outcome},
        tally=counted,
        record=None if log.record is None else counted.record,
    )


def agrees(log: RoundLog, task: Task, outcome: bytes) -> bool | None:
    """Whether ``outcome`` is what the round really agreed on, within the tolerance of MEDIAN.

    ``None`` without consensus, and in RANDOM, where every contribution agrees.
    """
    mode, agreed = task.params.mode, log.tally.outcome
    if not log.tally.winners or mode is Mode.RANDOM:
        return None
    if mode is Mode.EXACT or agreed is None:
        return keccak(outcome) == log.tally.record.outcome_hash
    word = word_of(mode, outcome)
    return bool([word][near(agreed.payload, task.params.tolerance, [word])])
