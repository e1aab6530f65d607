"""A node's part in checkpoints: it signs what the hub sealed, once that is final and comes out here, too.

Rule: protocol, section 10. A signature over anything else is a forgery, and slashable by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from chainboy.checkpoints.ledger import Ledger
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.encoding import keccak
from chainboy.consensus.signing import checkpoint_message
from chainboy.errors import ChainError
from chainboy.units import Epoch

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.chain.signer import Signer
    from chainboy.contracts.deployment import Deployment
    from chainboy.events.log import BlockRef

_log = logging.getLogger(__name__)

STRIDES_A_STEP = 16
"""How much of the past is read at a step: seconds at most."""

Publish = Callable[[int, bytes], bool]
"""Brings our signature over checkpoint ``number`` to whoever carries it; whether that was done."""


class Attestor:
    """Signs for one node. ``publish`` may be called again with the same: signing twice changes nothing."""

    def __init__(
        self, chain: Chain, deployment: Deployment, signer: Signer, publish: Publish, *, first: int = 0
    ) -> None:
        self._open = partial(Ledger, chain, deployment, first=first)
        self._ledger = self._open()
        self._hub = deployment.hub_on(chain)
        self._domain = deployment.domain
        self._signer = signer
        self._publish = publish
        stake = deployment.registry_on(chain).profile()
        self._trust_epochs = stake.trust_epochs
        self._signed: Checkpoint | None = None

    def step(self, deep: BlockRef) -> None:
        """Sign the newest checkpoint with news that is final at block ``deep``, once, if we count.

        A long past is read a piece at a step, so that a new node's other duties need not wait for it. Raises
        :class:`~chainboy.errors.ChainError`, and then nothing was signed.
        """
        if not self._ledger.follow(deep.number, strides=STRIDES_A_STEP):
            return
        news = self._ledger.news
        if news is None or news.checkpoint == self._signed or not self._counts(news.checkpoint):
            return
        checkpoint = news.checkpoint
        message = checkpoint_message(self._domain, checkpoint)
        if self._hub.at(deep.number).checkpoint_digest_of(checkpoint.number) != keccak(message):
            raise ChainError(f"the endpoint belies checkpoint {checkpoint.number}; use another endpoint")
        if self._publish(checkpoint.number, self._signer.sign(message)):
            self._signed = checkpoint
            _log.info("checkpoint %d is attested", checkpoint.number)

    def forget(self) -> None:
        """Read the hub's events anew: some were in blocks that have left the chain."""
        self._ledger = self._open()

    def _counts(self, checkpoint: Checkpoint) -> bool:
        """We weigh something in a distribution that a verifier may still hold."""
        oldest = max(0, checkpoint.epoch - self._trust_epochs)
        return self._ledger.weighed(self._signer.address, Epoch(oldest))
