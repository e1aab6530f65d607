"""Where nodes without coins hand in what is to be carried to the hub; many of them share a transaction.

Nothing is kept beyond the process: a node hands in again whatever the hub does not show yet.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from chainboy.chain.signer import recover
from chainboy.contracts.letters import AttestationLetter, CommitLetter, Letter, RevealLetter
from chainboy.errors import ContractRefused, InputError
from chainboy.units import Address

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.sender import Sender
    from chainboy.contracts.deployment import Deployment
    from chainboy.relay.errands import Errands

_log = logging.getLogger(__name__)

MOST_LETTERS = 4_096
"""Letters that wait at a time; there are at most 256 nodes."""

MOST_ENTRIES = 40
"""Entries of one transaction, so that it fits the smallest block."""


class Desk:
    """Carries for ``nodes``, at the cost of ``sender``. Letters may come from any thread."""

    def __init__(
        self, sender: Sender, deployment: Deployment, errands: Errands, nodes: frozenset[Address]
    ) -> None:
        self._hub = deployment.hub_on(sender.chain)
        self._domain = deployment.domain
        self._address = sender.address
        self._errands = errands
        self._nodes = nodes
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, dict[Address, Letter]] = defaultdict(dict)

    def hand_in(self, letter: Letter) -> None:
        """Take ``letter`` in; the same again replaces it.

        Raises :class:`~chainboy.errors.InputError` for a node that is not carried for, a commitment that its
        node did not sign, and when too many wait.
        """
        if letter.node not in self._nodes:
            raise InputError(f"nothing is carried for {letter.node} here; ask the relay's operator")
        if isinstance(letter, CommitLetter) and not letter.is_signed(self._domain, recover):
            raise InputError("the commitment is not signed by its node for this hub; sign it again")
        with self._lock:
            if sum(map(len, self._waiting.values())) >= MOST_LETTERS:
                raise InputError("too many letters wait; try again later")
            self._waiting[_batch(letter)][letter.node] = letter

    def step(self) -> bool:
        """Send what waits, a transaction for each task; whether anything was sent."""
        with self._lock:
            batches = {name: list(letters.values()) for name, letters in self._waiting.items()}
        sent = False
        for name, letters in batches.items():
            if not self._errands.under_way(name):
                sent |= self._send(name, letters[:MOST_ENTRIES])
        return sent

    def _send(self, name: Hashable, letters: Sequence[Letter]) -> bool:
        """Send those that the hub would take; the others are dropped, their nodes look again."""
        good = self._taken(letters)
        with self._lock:
            for letter in letters:
                if self._waiting[name].get(letter.node) is letter:
                    del self._waiting[name][letter.node]
            if not self._waiting[name]:
                del self._waiting[name]
        return bool(good) and self._errands.run(name, self._call(good))

    def _taken(self, letters: Sequence[Letter]) -> list[Letter]:
        try:
            refusals = self._hub.refusals(self._call(letters), self._address)
        except ContractRefused as error:
            _log.info("%d entries are not carried: %s", len(letters), error)
            return []
        for letter, refusal in zip(letters, refusals, strict=True):
            if refusal:
                _log.info("what %s handed in is not carried: %s", letter.node, refusal)
        return [letter for letter, refusal in zip(letters, refusals, strict=True) if not refusal]

    def _call(self, letters: Sequence[Letter]) -> Call:
        match letters[0]:
            case CommitLetter() as first:
                commits = [each.entry for each in letters if isinstance(each, CommitLetter)]
                return self._hub.commit(first.request_hash, first.params, commits)
            case RevealLetter() as first:
                reveals = [each.entry for each in letters if isinstance(each, RevealLetter)]
                return self._hub.reveal(first.task_id, reveals)
            case AttestationLetter() as first:
                signatures = [each.entry for each in letters if isinstance(each, AttestationLetter)]
                return self._hub.attest(first.number, signatures)


def _batch(letter: Letter) -> Hashable:
    """What can share a transaction: the same call on the same task or checkpoint."""
    match letter:
        case CommitLetter():
            return f"commitments to 0x{letter.task_id.hex()}"
        case RevealLetter():
            return f"reveals of 0x{letter.task_id.hex()}"
        case AttestationLetter():
            return f"signatures over checkpoint {letter.number}"
