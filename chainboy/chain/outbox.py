"""Looks after everything an account has sent on one chain, until it is final.

What is decided about each nonce is a table in :mod:`chainboy.chain.nonces`; here is what it takes to ask and
to act. Nodes and relays use the same.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

import attrs

from chainboy.chain.call import Call
from chainboy.chain.nonces import STEPS, UNDER_WAY, Count, Fate, Sighting, Step
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.sender import Prepared, Sender
from chainboy.chain.transaction import Signed
from chainboy.errors import ContractRefused, InsufficientFunds
from chainboy.events.log import BlockRef
from chainboy.units import Digest

L = TypeVar("L", bound=Hashable)

_log = logging.getLogger(__name__)


@attrs.frozen
class Entry(Generic[L]):
    """A signed transaction and what it is for."""

    label: L
    signed: Signed


class Book(Protocol[L]):
    """Where signed transactions are kept, every one of a nonce, until the nonce is settled."""

    def open(self) -> Sequence[Entry[L]]:
        """All of them, by nonce, those of one nonce oldest first."""
        ...

    def keep(self, entry: Entry[L], *, again: bool) -> None:
        """Keep a transaction, before it goes out.

        ``again``: it offers more for a call whose other transactions stay; otherwise what was kept for the
        same nonce is set aside, for the endpoint has refused it for good.
        """
        ...

    def settle(self, nonce: int) -> None:
        """Let all transactions of a nonce go."""
        ...


class MemoryBook(Generic[L]):
    """A book for as long as this object lives: for senders that see on the chain what is still to be done."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Entry[L]]] = {}

    def open(self) -> Sequence[Entry[L]]:
        """See :meth:`Book.open`."""
        return [entry for nonce in sorted(self._kept) for entry in self._kept[nonce]]

    def keep(self, entry: Entry[L], *, again: bool) -> None:
        """See :meth:`Book.keep`."""
        before = self._kept.get(entry.signed.nonce, []) if again else []
        self._kept[entry.signed.nonce] = [*before, entry]

    def settle(self, nonce: int) -> None:
        """See :meth:`Book.settle`."""
        self._kept.pop(nonce, None)


@attrs.frozen
class _Turn:
    """Since which block a nonce has been next in line, at the newest of its prices."""

    tries: int
    since: BlockRef


class Outbox(Generic[L]):
    """One account's transactions, each with a label that tells what it is for.

    Every signed transaction is in ``book`` before it is sent. Call :meth:`tend` at every look at the chain.
    """

    def __init__(self, sender: Sender, book: Book[L]) -> None:
        self._sender = sender
        self._chain = sender.chain
        self._book = book
        self._under_way: set[L] = set()
        self._sent: set[int] = set()
        self._turns: dict[int, _Turn] = {}
        self._blocks: dict[int, int] = {}
        """Where a nonce was seen mined; believed until that block is final, and then asked again."""

    def under_way(self, label: L) -> bool:
        """Whether something of this label may still be executed and is in no block yet."""
        return label in self._under_way

    def submit(self, label: L, call: Call, prepared: Prepared | None = None) -> None:
        """Send ``call``, ``prepared`` or not; raises as :meth:`~chainboy.chain.sender.Sender.submit` does.

        After a :class:`~chainboy.errors.ChainError` that is no refusal it may be on its way, and is taken to
        be.
        """
        signed: list[Signed] = []

        def keep(nonce: int, _: Digest, raw: bytes) -> None:
            signed.append(Signed(nonce, raw))
            self._book.keep(Entry(label, signed[0]), again=False)
            self._under_way.add(label)

        try:
            self._sender.submit(call, on_signed=keep, prepared=prepared)
        except (ContractRefused, InsufficientFunds, RpcRefused):
            for each in signed:
                self._under_way.discard(label)
                self._book.settle(each.nonce)
            raise
        self._sent.update(each.nonce for each in signed)

    def tend(self, head: BlockRef | None = None, deep: int | None = None) -> None:
        """Do for every nonce what its fate calls for, as of the newest block and the newest final one.

        They are asked for unless given. What an endpoint refuses is logged and tried again; raises any other
        :class:`~chainboy.errors.ChainError`, and what the book raises.
        """
        tries = _by_nonce(self._book.open())
        self._under_way = {entries[-1].label for entries in tries.values()}
        self._turns = {nonce: turn for nonce, turn in self._turns.items() if nonce in tries}
        self._blocks = {nonce: block for nonce, block in self._blocks.items() if nonce in tries}
        if not tries:
            return
        self._sender.hold(entry.signed for entries in tries.values() for entry in entries)
        head = self._chain.head() if head is None else head
        deep = max(0, head.number - self._chain.profile.confirmations) if deep is None else deep
        mined, pending = self._chain.together(
            partial(self._chain.nonce, self._sender.address, pending=False),
            partial(self._chain.nonce, self._sender.address),
        )
        count = Count(mined=mined, pending=pending if max(tries) >= mined else mined)
        sightings = self._chain.together(
            *(partial(self._look, nonce, entries, count, head, deep) for nonce, entries in tries.items())
        )
        waiting = set()
        for entries, sighting in zip(tries.values(), sightings, strict=True):
            fate = sighting.fate(self._sender.spending.stuck_seconds)
            if fate in UNDER_WAY:
                waiting.add(entries[-1].label)
            self._act(fate, entries, sighting)
        self._under_way = waiting

    def cancel(self, nonce: int, label: L) -> None:
        """Free a nonce that a transaction nobody remembers blocks: send nothing to oneself in its place."""

        def keep(nonce: int, _: Digest, raw: bytes) -> None:
            self._book.keep(Entry(label, Signed(nonce, raw)), again=False)

        try:
            self._sender.cancel(nonce, on_signed=keep)
        except (ContractRefused, InsufficientFunds, RpcRefused) as error:
            _log.warning("%s: %s", label, error)
        self._sent.add(nonce)
        self._under_way.add(label)

    def _look(
        self, nonce: int, entries: Sequence[Entry[L]], count: Count, head: BlockRef, deep: int
    ) -> Sighting:
        block = self._block_of(nonce, entries, deep) if count.mined > nonce else None
        if block is None and count.mined > nonce:
            final = self._chain.nonce(self._sender.address, pending=False, block=deep)
            count = attrs.evolve(count, final=final)
        if block is None:
            self._blocks.pop(nonce, None)
        turn = self._turns.get(nonce)
        if count.mined != nonce:
            self._turns.pop(nonce, None)
            turn = None
        elif turn is None or turn.tries != len(entries) or turn.since.number > head.number:
            turn = self._turns[nonce] = _Turn(len(entries), head)
        return Sighting(
            nonce=nonce,
            sent=nonce in self._sent,
            block=block,
            deep=deep,
            count=count,
            seconds=head.timestamp - turn.since.timestamp if turn else 0,
            blocks=head.number - turn.since.number if turn else 0,
        )

    def _block_of(self, nonce: int, entries: Sequence[Entry[L]], deep: int) -> int | None:
        """The block that has one of these transactions, the newest of them being the likeliest."""
        if self._blocks.get(nonce, deep) <= deep:
            receipts = (self._chain.receipt(entry.signed.hash) for entry in reversed(entries))
            receipt = next((each for each in receipts if each is not None), None)
            if receipt is None:
                return None
            self._blocks[nonce] = receipt.block_number
        return self._blocks[nonce]

    def _act(self, fate: Fate, entries: Sequence[Entry[L]], sighting: Sighting) -> None:
        label, newest = entries[-1].label, entries[-1].signed
        if fate is Fate.REPLACED:
            _log.error(
                "%s: another transaction took nonce %d; let no other program use the key of %s",
                label,
                newest.nonce,
                self._sender.address,
            )
        try:
            match STEPS[fate]:
                case Step.BROADCAST:
                    self._sender.resend(newest.nonce, newest.raw)
                    self._sent.add(newest.nonce)
                case Step.RAISE:
                    self._raise(entries, sighting)
                case Step.SETTLE:
                    self._book.settle(newest.nonce)
                    self._sent.discard(newest.nonce)
        except InsufficientFunds as error:
            _log.error("%s cannot be sent again: %s", label, error)
        except RpcRefused as error:
            self._sent.add(newest.nonce)  # it was heard of, and more may help
            _log.info("%s is not taken again for now: %s", label, error)

    def _raise(self, entries: Sequence[Entry[L]], sighting: Sighting) -> None:
        """See that the pool has the last offer, and offer more; not to a pool that finds no coins for it."""
        label, newest = entries[-1].label, entries[-1].signed
        self._turns.pop(newest.nonce)  # what follows has as long again

        def keep(nonce: int, _: Digest, raw: bytes) -> None:
            self._book.keep(Entry(label, Signed(nonce, raw)), again=True)

        with suppress(RpcRefused):
            self._sender.resend(newest.nonce, newest.raw)
        if self._sender.replace([entry.signed for entry in entries], on_signed=keep) is not None:
            _log.info("%s was in no block for %d s: more is offered", label, sighting.seconds)
            return
        _log.warning("%s has been in no block for %d s, and no more may be offered", label, sighting.seconds)


def _by_nonce(entries: Iterable[Entry[L]]) -> Mapping[int, list[Entry[L]]]:
    found: defaultdict[int, list[Entry[L]]] = defaultdict(list)
    for entry in entries:
        found[entry.signed.nonce].append(entry)
    return found
