"""What an endpoint means when it refuses a transaction: codes differ, words are much the same."""

from __future__ import annotations

from chainboy.chain.rpc import RpcRefused

_KNOWN = ("already known", "already imported", "known transaction", "transaction already in mempool")
_POOR = (
    "insufficient funds",
    "insufficient balance",
    "doesn't have enough funds",
    "cannot afford",
    "account balance",
    "not have enough balance",
)


def is_known(error: RpcRefused) -> bool:
    """The pool has this very transaction."""
    return _says(error, _KNOWN)


def is_poor(error: RpcRefused) -> bool:
    """The account cannot pay for it."""
    return _says(error, _POOR)


def _says(error: RpcRefused, phrases: tuple[str, ...]) -> bool:
    return any(phrase in error.reason.lower() for phrase in phrases)
