"""Why a transaction was refused: by an endpoint, of whom all have much the same words, or in its block."""

from __future__ import annotations

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.decode import Receipt
from chainboy.chain.rpc import RpcRefused
from chainboy.errors import ChainError, ContractRefused
from chainboy.units import Address

_KNOWN = ("already known", "already imported", "known transaction", "transaction already in mempool")
_POOR = (
    "insufficient funds",
    "insufficient balance",
    "doesn't have enough funds",
    "cannot afford",
    "account balance",
    "not have enough balance",
)

_UNSERVED = frozenset({-32_601, -32_002, -32_004, -32_005, -32_006})
"""Method not found, resource unavailable, method not supported, limit exceeded, version not supported.

Rule: JSON-RPC 2.0 and EIP-1474. What is wrong with a transaction has other codes: -32000, -32003.
"""


def is_of_endpoint(error: RpcRefused) -> bool:
    """It would refuse any transaction now."""
    return error.code in _UNSERVED


def is_known(error: RpcRefused) -> bool:
    """The pool has this very transaction."""
    return _says(error, _KNOWN)


def is_poor(error: RpcRefused) -> bool:
    """The account cannot pay for it."""
    return _says(error, _POOR)


def late_refusal(chain: Chain, call: Call, receipt: Receipt, sender: Address) -> ContractRefused:
    """Why a call reverted that had passed its dry run: asked of the state its block left."""
    try:
        chain.call(call, block=receipt.block_number, sender=sender)
    except ContractRefused as error:
        return error
    except ChainError:
        pass
    return ContractRefused(
        f"transaction 0x{receipt.tx_hash.hex()} reverted though it had passed its dry run; try again"
    )


def _says(error: RpcRefused, phrases: tuple[str, ...]) -> bool:
    return any(phrase in error.reason.lower() for phrase in phrases)
