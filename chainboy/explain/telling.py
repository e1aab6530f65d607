"""An explanation as a reader sees it, and as another program does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainboy.consensus.majority import value_of
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.doctor.running import told as ended
from chainboy.errors import EncodingError
from chainboy.explain.explanation import Attempt, Explanation, NodeShare
from chainboy.programs.program import Program


def shown(data: bytes, mode: Mode, program: Program | None = None) -> str:
    """An encoded outcome in words; values by ``program``'s types where they are known."""
    try:
        outcome = Outcome.decode(data)
    except EncodingError:
        return f"0x{data.hex()}, which is no outcome"
    if outcome.status is Status.OK and mode is Mode.MEDIAN:
        return f"returned {value_of(outcome.payload)}"
    if outcome.status is Status.OK and program is None:
        return f"returned 0x{outcome.payload.hex()}"
    return ended(outcome, program) if program is not None else _failed(outcome)


def to_lines(explanation: Explanation, program: Program | None = None) -> Iterator[str]:
    """The task line by line: what was asked, how the round went, each node, where the price went."""
    asked, mode = explanation.requested, explanation.params.mode
    yield f"task      0x{asked.task_id.hex()}, {explanation.state}"
    yield f"asked     by {asked.requester} in {mode.name}, price {asked.price} wei, tip {asked.tip} wei"
    for attempt in explanation.attempts:
        yield f"attempt {attempt.number} {_attempt(attempt)}"
    if not explanation.attempts:
        yield "attempt   none: no node has committed"
    yield f"record    {_record(explanation)}"
    if explanation.outcome:
        yield f"outcome   {shown(explanation.outcome, mode, program)}"
    yield f"delivery  {_delivery(explanation)}"
    if explanation.rewards is not None:
        yield f"treasury  {explanation.rewards.treasury} wei, dust {explanation.rewards.dust} wei"
    for node in explanation.nodes:
        yield from _node(node, explanation, program)


def to_table(explanation: Explanation, program: Program | None = None) -> dict[str, Any]:
    """The explanation as JSON: amounts and weights as text, bytes in hexadecimal, what is unknown as null."""
    asked, record, mode = explanation.requested, explanation.record, explanation.params.mode
    delivered, rewards = explanation.delivered, explanation.rewards
    return {
        "task": f"0x{asked.task_id.hex()}",
        "chain": asked.log.chain_id,
        "home": explanation.home_chain_id,
        "state": explanation.state,
        "requester": asked.requester,
        "mode": mode.name,
        "price": str(asked.price),
        "tip": str(asked.tip),
        "attempts": [_attempt_table(attempt) for attempt in explanation.attempts],
        "record": record
        and {
            "consensus": record.has_consensus,
            "agreeing_weight": str(record.agreeing_weight),
            "total_weight": str(record.total_weight),
            "outcome_hash": f"0x{record.outcome_hash.hex()}",
            "winners": record.winners_count,
            "finalized_by": explanation.finalized_by,
        },
        "outcome": f"0x{explanation.outcome.hex()}" if explanation.outcome else None,
        "told": shown(explanation.outcome, mode, program) if explanation.outcome else None,
        "delivered_by": delivered and delivered.deliverer,
        "treasury": rewards and str(rewards.treasury),
        "dust": rewards and str(rewards.dust),
        "nodes": [_node_table(node, explanation, program) for node in explanation.nodes],
    }


def _failed(outcome: Outcome) -> str:
    if outcome.status is Status.RAISED:
        return f"raised {outcome.payload.decode('ascii', 'backslashreplace')}"
    return "ran out of fuel" if outcome.status is Status.OUT_OF_FUEL else "was aborted by its runtime"


def _attempt(attempt: Attempt) -> str:
    weights = f"{attempt.committed_weight} of {attempt.total_weight} tokens"
    quorum = "no quorum" if attempt.quorum_block is None else f"quorum in block {attempt.quorum_block}"
    committed = f"{weights} committed ({attempt.commits} nodes)"
    return f"epoch {attempt.epoch}: {committed}, {quorum}, {attempt.reveals} revealed"


def _record(explanation: Explanation) -> str:
    record = explanation.record
    if record is None:
        return "none yet"
    agreed = f"{record.agreeing_weight} of {record.total_weight} tokens agreed"
    return f"{agreed if record.has_consensus else 'no consensus'}, finalized by {explanation.finalized_by}"


def _delivery(explanation: Explanation) -> str:
    if explanation.refunded is not None:
        return "refunded: price and tip were credited back"
    if explanation.delivered is None:
        return "not delivered"
    return f"delivered by {explanation.delivered.deliverer}"


def _node(node: NodeShare, explanation: Explanation, program: Program | None) -> Iterator[str]:
    mode, home = explanation.params.mode, explanation.home_chain_id
    asking = explanation.requested.log.chain_id
    rank = "no rank" if node.rank is None else f"rank {node.rank}"
    yield f"node {node.node}: {node.weight} tokens, attempt {node.attempt} place {node.position}, {rank}"
    answer = "did not reveal" if node.outcome is None else shown(node.outcome, mode, program)
    yield f"  {_verdict(node)}: {answer}"
    yield f"  reward {node.reward} wei{' claimed' if node.claimed else ''}, tip {node.tip} wei"
    kinds = ", ".join(f"{expense.kind} {expense.wei}" for expense in node.expenses)
    gas = [f"{node.gas(home)} wei" + (" of the home chain" if asking != home else "")]
    gas += [f"{node.gas(asking)} wei of the chain that asked"] if asking != home else []
    yield f"  gas {' and '.join(gas)} ({kinds or 'it sent nothing itself'})"
    profit = explanation.profit(node)
    yield f"  profit {'not one figure: these are coins of two chains' if profit is None else f'{profit} wei'}"


def _verdict(node: NodeShare) -> str:
    if node.slashed:
        return "slashed"
    return {None: "undecided", True: "agreed", False: "did not agree"}[node.agreed]


def _attempt_table(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "epoch": attempt.epoch,
        "total_weight": str(attempt.total_weight),
        "committed_weight": str(attempt.committed_weight),
        "commits": attempt.commits,
        "reveals": attempt.reveals,
        "quorum_block": attempt.quorum_block,
        "commit_ends_at": attempt.commit_ends_at,
    }


def _node_table(node: NodeShare, explanation: Explanation, program: Program | None) -> dict[str, Any]:
    profit = explanation.profit(node)
    return {
        "node": node.node,
        "payout": node.payout,
        "weight": str(node.weight),
        "attempt": node.attempt,
        "position": node.position,
        "rank": node.rank,
        "revealed": node.revealed,
        "agreed": node.agreed,
        "slashed": node.slashed,
        "outcome": None if node.outcome is None else f"0x{node.outcome.hex()}",
        "told": None if node.outcome is None else shown(node.outcome, explanation.params.mode, program),
        "reward": str(node.reward),
        "claimed": node.claimed,
        "tip": str(node.tip),
        "expenses": [
            {
                "kind": expense.kind,
                "chain": expense.chain_id,
                "transaction": f"0x{expense.tx_hash.hex()}",
                "wei": str(expense.wei),
            }
            for expense in node.expenses
        ],
        "profit": None if profit is None else str(profit),
    }
