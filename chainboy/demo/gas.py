"""What each step of a network's life cost: read from the blocks themselves, not from anybody's word."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import attrs

from chainboy.contracts.interface import interface

if TYPE_CHECKING:
    from chainboy.chain.client import Chain

CONTRACTS = ("ChainBoyToken", "NodeRegistry", "ConsensusHub", "TaskGateway", "CheckpointVerifier")


@attrs.frozen
class StepCost:
    """Gas of all transactions of one step, and how many there were."""

    gas: int
    transactions: int

    @property
    def mean(self) -> int:
        """Gas a transaction, rounded down."""
        return self.gas // self.transactions


def gas_by_step(chain: Chain, first_block: int = 0) -> dict[str, StepCost]:
    """The cost of each contract function called since ``first_block``; deployments are ``deploy``."""
    names = _function_names()
    used: dict[str, list[int]] = defaultdict(list)
    for number in range(first_block, chain.head().number + 1):
        for transaction in chain.web3.eth.get_block(number, full_transactions=True)["transactions"]:
            if isinstance(transaction, bytes):  # an endpoint that gives hashes only
                transaction = chain.web3.eth.get_transaction(transaction)  # noqa: PLW2901
            receipt = chain.web3.eth.get_transaction_receipt(transaction["hash"])
            data: Any = transaction.get("input", transaction.get("data"))  # endpoints differ
            step = names.get(bytes(data[:4])) if transaction.get("to") else "deploy"
            if step is not None:
                used[step].append(receipt["gasUsed"])
    return {step: StepCost(sum(gas), len(gas)) for step, gas in sorted(used.items())}


def _function_names() -> dict[bytes, str]:
    return {
        function.selector: function.name
        for contract in CONTRACTS
        for function in interface(contract).functions.values()
    }
