"""The hands of a node without coins: a relay carries what it signs, everything else is left to others.

Rule: protocol, section 6: a commitment may be carried by anybody, and so may a reveal, by its preimage.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chainboy.chain.urls import scrubbed, shown
from chainboy.consensus.signing import commit_message
from chainboy.consensus.tally import Ballot
from chainboy.contracts.hub import Attestation, CommitEntry, RevealEntry
from chainboy.contracts.letters import AttestationLetter, CommitLetter, Letter, RevealLetter
from chainboy.errors import ChainError
from chainboy.node.home import Blocks, RoundLog
from chainboy.node.rows import Task
from chainboy.units import Digest, Timestamp

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer
    from chainboy.contracts.deployment import Deployment

_log = logging.getLogger(__name__)

GOOD_FOR = 600
"""Seconds of block time for which a signed commitment may be carried; a delayed one harms nobody."""

PATIENCE = 10.0
"""Seconds to wait for the relay."""

Post = Callable[[Letter], None]
"""Hands a letter in; raises :class:`~chainboy.errors.ChainError`, and it is tried again."""


class CarriedSubmitter:
    """Signs, and has ``post`` hand in; finalises, delivers and claims nothing.

    The hub shows what was carried; until it does, each is handed in again at every look. ``secure`` puts the
    journal on the disk: a node that has committed must know its outcome, whatever happens to its machine.
    """

    def __init__(
        self, signer: Signer, deployment: Deployment, post: Post, *, secure: Callable[[], None]
    ) -> None:
        self._signer = signer
        self._domain = deployment.domain
        self._post = post
        self._secure = secure
        self._now = Timestamp(0)

    def settle(self, blocks: Blocks) -> None:
        """Nothing was sent from here; the head's time dates what is signed."""
        self._now = blocks.head.timestamp

    def commit(self, task: Task, commitment: bytes) -> bool:
        """Sign the commitment to the task's journalled attempt, and hand it in."""
        deadline = Timestamp(self._now + GOOD_FOR)
        message = commit_message(self._domain, task.task_id, Digest(commitment), task.attempt, deadline)
        entry = CommitEntry(
            node=self._signer.address,
            attempt=task.attempt,
            commitment=Digest(commitment),
            deadline=deadline,
            signature=self._signer.sign(message),
        )
        self._secure()
        return self._hand_in(
            CommitLetter(request_hash=task.request.hash, params=task.request.params, entry=entry)
        )

    def reveal(self, task: Task, ballot: Ballot, salt: bytes) -> bool:
        """Hand the preimage of our commitment in."""
        if task.outcome is None:
            raise ValueError("a task without an outcome cannot be revealed")
        entry = RevealEntry(
            node=ballot.node, payout=ballot.payout, weight=ballot.weight, outcome=task.outcome, salt=salt
        )
        return self._hand_in(RevealLetter(task_id=task.task_id, entry=entry))

    def attest(self, number: int, signature: bytes) -> bool:
        """Hand our signature over checkpoint ``number`` in."""
        entry = Attestation(node=self._signer.address, signature=signature)
        return self._hand_in(AttestationLetter(number=number, entry=entry))

    def flush(self) -> None:
        """All was handed in at once; the relay carries many together."""

    def finalize(self, task: Task, log: RoundLog) -> bool:  # noqa: ARG002 - others do it
        """Left to nodes with coins."""
        return False

    def deliver(self, task: Task, log: RoundLog, *, if_paid: bool) -> bool:  # noqa: ARG002 - others do it
        """Left to relays."""
        return False

    def claim(self, rewards: Sequence[tuple[Task, RoundLog]]) -> bool:  # noqa: ARG002 - others do it
        """Left to the owner, or to anybody."""
        return False

    def alive(self) -> bool:
        """A commitment is a sign of life, too."""
        return False

    def enter(self) -> bool:
        """Left to the owner."""
        return False

    def _hand_in(self, letter: Letter) -> bool:
        try:
            self._post(letter)
        except ChainError as error:
            _log.warning("%s", error)
            return False
        return True


def post_to(url: str) -> Post:
    """Hands letters to the relay at ``url``."""
    name = shown(url)

    def post(letter: Letter) -> None:
        from requests import RequestException  # noqa: PLC0415 - web3 has loaded it
        from requests import post as send  # noqa: PLC0415

        try:
            answer = send(url, data=letter.to_json().encode("ascii"), timeout=PATIENCE)
        except RequestException as error:
            reason = scrubbed(str(error), url)
            told = f"the relay at {name} cannot be reached ({reason}); check its address"
            raise ChainError(told) from error
        if not answer.ok:
            reason = scrubbed(answer.text[:200], url)
            raise ChainError(f"the relay at {name} takes nothing ({reason}); ask its operator")

    return post
