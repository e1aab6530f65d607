"""One transaction at a time, looked after until a block has it."""

from __future__ import annotations

import logging

import attrs

from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.errors import ContractRefused, InsufficientFunds
from chainboy.units import Digest

_log = logging.getLogger(__name__)


@attrs.frozen
class _Sent:
    nonce: int
    hash: Digest
    raw: bytes


class Errand:
    """Something that is sent again and again over time, but never while the last one waits for a block.

    Nothing is kept beyond the process: whoever sends looks at the chain first for what is still to be done.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._sent: _Sent | None = None

    def submit(self, call: Call) -> None:
        """Send ``call``; raises what :meth:`~chainboy.chain.sender.Sender.submit` raises.

        After a :class:`~chainboy.errors.ChainError` it may be on its way, and is taken to be.
        """

        def keep(nonce: int, tx_hash: Digest, raw: bytes) -> None:
            self._sent = _Sent(nonce, tx_hash, raw)

        try:
            self._sender.submit(call, on_signed=keep)
        except (ContractRefused, InsufficientFunds):
            self._sent = None
            raise

    def under_way(self) -> bool:
        """Whether what was sent last waits for a block; it is broadcast again then.

        Not when another transaction took its nonce. Raises :class:`~chainboy.errors.ChainError`.
        """
        sent, chain = self._sent, self._sender.chain
        if sent is None:
            return False
        if chain.receipt(sent.hash) or chain.nonce(self._sender.address, pending=False) > sent.nonce:
            self._sent = None
            return False
        try:
            self._sender.resend(sent.nonce, sent.raw)
        except InsufficientFunds as error:
            _log.error("a transaction cannot be sent again: %s", error)
        return True
