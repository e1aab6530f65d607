"""Reads from the chains all that is told about a task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainboy.chain import decode
from chainboy.consensus.fields import ZERO_HASH
from chainboy.contracts import gateway_events, hub_events
from chainboy.contracts.hub import BallotState
from chainboy.errors import ChainError, TaskNotFound
from chainboy.events.scan import newest_first
from chainboy.explain.told import Told, Transaction, TxKey, key_of
from chainboy.units import Address, TaskId, Wei

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.contract import Contract, ContractEvent
    from chainboy.contracts.gateway import Gateway
    from chainboy.contracts.hub import Hub

_HUB = (
    hub_events.AttemptOpened,
    hub_events.Committed,
    hub_events.QuorumReached,
    hub_events.Revealed,
    hub_events.Finalized,
)
_GATEWAY = (
    gateway_events.TaskRequested,
    gateway_events.TaskDelivered,
    gateway_events.CallbackDone,
    gateway_events.TaskRefunded,
    gateway_events.RewardClaimed,
)


def gather(hub: Hub, gateway: Gateway, task_id: TaskId) -> Told:
    """All that ``hub`` and ``gateway`` have told about the task, up to the newest block.

    Raises :class:`~chainboy.errors.TaskNotFound` for a task that this gateway does not have, and
    :class:`~chainboy.errors.ChainError` when an endpoint leaves something out.
    """
    if not gateway.state_of(task_id):
        raise TaskNotFound(
            f"gateway {gateway.address} on chain {gateway.chain.chain_id} has no task 0x{task_id.hex()}; "
            "check all three"
        )
    there = _events(gateway, _GATEWAY, task_id)
    requested = there[0]
    if not isinstance(requested, gateway_events.TaskRequested):
        raise _incomplete(gateway, task_id)
    here = _events(hub, _HUB, task_id) if hub.round_of(task_id).attempt else ()
    finalized = any(isinstance(event, hub_events.Finalized) for event in here)
    if here and finalized != (hub.record_hash_of(task_id) != ZERO_HASH):
        raise _incomplete(hub, task_id)
    chains = {chain.chain_id: chain for chain in (hub.chain, gateway.chain)}
    contracts = {(each.chain.chain_id, each.address) for each in (hub, gateway)}
    return Told(
        home_chain_id=hub.chain.chain_id,
        requested=requested,
        hub=here,
        gateway=there,
        transactions=_transactions(chains, contracts, (*here, *there), task_id),
        slashed=frozenset(_slashed(hub, task_id, here)) if finalized else frozenset(),
    )


def _events(
    contract: Contract, kinds: tuple[type[ContractEvent], ...], task_id: TaskId
) -> tuple[ContractEvent, ...]:
    """The task's events, read from the newest block back to the one that begins all others."""
    topics = ([contract.topic(kind) for kind in kinds], task_id)
    found: list[ContractEvent] = []
    for log in newest_first(contract.chain, [contract.address], topics, last=contract.chain.head().number):
        event = contract.decode(log)
        found.append(event)
        if isinstance(event, gateway_events.TaskRequested) or (
            isinstance(event, hub_events.AttemptOpened) and event.attempt == 1
        ):
            return tuple(reversed(found))
    raise _incomplete(contract, task_id)


def _transactions(
    chains: dict[int, Chain],
    contracts: set[tuple[int, Address]],
    events: Iterable[ContractEvent],
    task_id: TaskId,
) -> dict[TxKey, Transaction]:
    keys = dict.fromkeys(key_of(event.log) for event in events)
    return {(chain_id, tx): _transaction(chains[chain_id], tx, contracts, task_id) for chain_id, tx in keys}


def _transaction(
    chain: Chain, tx_hash: bytes, contracts: set[tuple[int, Address]], task_id: TaskId
) -> Transaction:
    name = f"0x{tx_hash.hex()}"
    answer = chain.rpc.read("eth_getTransactionReceipt", name)
    if answer is None:
        raise ChainError(f"the endpoint has events of transaction {name} but not its receipt; ask another")
    receipt = decode.receipt(answer, chain.chain_id)
    price = receipt.gas_price
    if "effectiveGasPrice" not in answer:  # a chain before London
        price = decode.quantity(decode.field(chain.rpc.read("eth_getTransactionByHash", name), "gasPrice"))
    told = [log for log in receipt.logs if (chain.chain_id, log.address) in contracts]
    own = sum(log.topics[1:2] == (task_id,) for log in told)
    if not own:
        raise ChainError(
            f"the endpoint's receipt of transaction {name} belies its events; use another endpoint"
        )
    return Transaction(
        sender=decode.address(decode.field(answer, "from")),
        fee=Wei(receipt.gas_used * price),
        own=own,
        events=len(told),
    )


def _slashed(hub: Hub, task_id: TaskId, events: Iterable[ContractEvent]) -> Iterable[Address]:
    (finalized,) = (event for event in events if isinstance(event, hub_events.Finalized))
    if not finalized.unrevealed:
        return
    for event in events:
        if isinstance(event, hub_events.Committed) and event.attempt == finalized.attempt:
            hidden = finalized.unrevealed >> event.position & 1
            if hidden and hub.ballot_of(task_id, event.attempt, event.node) is BallotState.SLASHED:
                yield event.node


def _incomplete(contract: Contract, task_id: TaskId) -> ChainError:
    return ChainError(
        f"the endpoint's logs of {contract.address} do not tell all of task 0x{task_id.hex()}; "
        "try again, or use another endpoint"
    )
