"""Sends a request so that it takes effect once, and finds the task it made."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.call import Call
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.errors import ContractRefused, InputError, TransactionReplaced
from chainboy.tasks.session import Session
from chainboy.tasks.submissions import KeyTaken, Submission, Submissions
from chainboy.tasks.terms import Terms
from chainboy.units import Digest, Wei

if TYPE_CHECKING:
    from chainboy.chain.decode import Receipt

_STRIPES = 64


@attrs.frozen(kw_only=True)
class Ask:
    """What a request carries; ``value`` wei go with it, price and tip."""

    program: bytes
    input: bytes
    params: int
    price: Wei
    tip: Wei
    callback_gas: int

    @property
    def value(self) -> Wei:
        """Price and tip, in wei."""
        return Wei(self.price + self.tip)


Via = Callable[[Ask], Call]
"""Makes the call of a consumer contract that in turn asks the gateway for just this."""


def fingerprint(program: bytes, data: bytes, terms: Terms, *, direct: bool) -> str:
    """Tells two requests apart by all that their caller chose."""
    chosen = [program.hex(), data.hex(), direct, *map(str, attrs.astuple(terms))]
    return hashlib.sha256(json.dumps(chosen).encode()).hexdigest()


class Asker:
    """Sends requests of one account; safe to use from many threads."""

    def __init__(self, session: Session, submissions: Submissions) -> None:
        self._session = session
        self._submissions = submissions
        self._locks = tuple(threading.Lock() for _ in range(_STRIPES))

    def ask(self, make: Callable[[], Call]) -> TaskRequested:
        """Send what ``make`` makes; each call is a task of its own."""
        return self._requested(self._session.signing().send(make()))

    def ask_once(self, make: Callable[[], Call], key: str, mark: str) -> TaskRequested:
        """Send what ``make`` makes unless something was sent under ``key`` already, and give the one task.

        ``mark`` is the request's fingerprint: raises :class:`~chainboy.errors.InputError` when the key was
        used for another.
        """
        with self._locks[hash(key) % _STRIPES]:
            while True:
                held = self._submissions.find(key)
                if held is not None and held.fingerprint != mark:
                    raise InputError(
                        f"the idempotency key {key!r} was used for another request; use a new one"
                    )
                receipt = self._first(make, key, mark) if held is None else self._again(key, held)
                if receipt is not None:
                    return self._requested(receipt)

    def _first(self, make: Callable[[], Call], key: str, mark: str) -> Receipt | None:
        """Sign, claim the key, send; None when another process claimed it meanwhile."""
        signed: list[Submission] = []

        def claim(nonce: int, tx_hash: Digest, raw: bytes) -> None:
            submission = Submission(fingerprint=mark, nonce=nonce, tx_hash=tx_hash, raw=raw)
            self._submissions.claim(key, submission)
            signed.append(submission)

        try:
            return self._session.signing().send(make(), on_signed=claim)
        except KeyTaken:
            return None
        except (ContractRefused, TransactionReplaced):
            for submission in signed:
                self._submissions.drop(key, submission)
            raise

    def _again(self, key: str, held: Submission) -> Receipt | None:
        """Broadcast once more and wait; None when it can never be mined, so that the key is free again."""
        sender = self._session.signing()
        sender.resend(held.nonce, held.raw)
        try:
            receipt = sender.wait(held.tx_hash)
        except TransactionReplaced:
            self._submissions.drop(key, held)
            return None
        if receipt.status:
            return receipt
        self._submissions.drop(key, held)
        raise ContractRefused(f"transaction 0x{held.tx_hash.hex()} was mined and reverted; ask again")

    def _requested(self, receipt: Receipt) -> TaskRequested:
        made = self._session.gateway.events(receipt.logs, TaskRequested)
        if not made:
            raise ContractRefused(
                f"transaction 0x{receipt.tx_hash.hex()} asked for no task of gateway "
                f"{self._session.gateway.address}; check which gateway the consumer uses"
            )
        return made[-1]
