"""Stands in the seams of a node and tells the ledger what passes: reads, requests, cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainboy.chain import decode
from chainboy.chain.client import Chain
from chainboy.chain.forwarding import ForwardingRequests
from chainboy.chain.question import Answer, Question
from chainboy.chain.rpc import RpcReverted, attempt
from chainboy.events.cursor import Cursor, CursorStore
from chainboy.events.log import BlockRef
from chainboy.node.forwarding import ForwardingHome
from chainboy.node.home import Home, RoundLog, Seat
from chainboy.node.rows import Task
from chainboy.node.view import View
from chainboy.node.watching.ledger import Ledger
from chainboy.units import Address

_LATEST = ("eth_getBlockByNumber", "latest")


class WatchedRpc(ForwardingRequests):
    """One chain's requests, each counted; what is asked again within one is counted once."""

    def __init__(self, chain: Chain, ledger: Ledger) -> None:
        super().__init__(chain.rpc)
        self._chain_id = chain.chain_id
        self._ledger = ledger

    def read(self, method: str, *params: Any) -> Any:
        """What the endpoint answers, if need be after asking again; a revert is an answer, too."""
        return self._counted(super().read, method, *params)

    def once(self, method: str, *params: Any) -> Any:
        """What the endpoint answers to one request."""
        return self._counted(super().once, method, *params)

    def together(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """What the endpoint answers to several questions at once; each counts."""
        answers = super().together(questions)
        for asked, answer in zip(questions, answers, strict=True):
            self._count(answer, asked.method, *asked.params)
        return answers

    def _counted(self, ask: Callable[..., Any], method: str, *params: Any) -> Any:
        answer = attempt(ask, method, *params)
        self._count(answer, method, *params)
        return answer.get()

    def _count(self, answer: Answer, method: str, *params: Any) -> None:
        failed = answer.error is not None and not isinstance(answer.error, RpcReverted)
        told = answer.value is not None and (method, *params[:1]) == _LATEST
        head = decode.block_ref(answer.value).number if told else None
        self._ledger.asked(self._chain_id, failed=failed, head=head)


class WatchedCursor:
    """A source's cursor: how far the requests of one chain are in the journal."""

    def __init__(self, store: CursorStore, chain_id: int, ledger: Ledger) -> None:
        self._store = store
        self._chain_id = chain_id
        self._ledger = ledger

    def load(self) -> Cursor | None:
        """The cursor saved last."""
        found = self._store.load()
        if found is not None:
            self._ledger.processed(self._chain_id, found.number)
        return found

    def save(self, cursor: Cursor) -> None:
        """Keep ``cursor``."""
        self._store.save(cursor)
        self._ledger.processed(self._chain_id, cursor.number)


class WatchedHome(ForwardingHome):
    """The node's reads of its home chain: they tell which tasks it has, what they earn, and its seat."""

    def __init__(self, home: Home, node: Address, ledger: Ledger) -> None:
        super().__init__(home)
        self._node = node
        self._ledger = ledger

    def view(self, task: Task, attempt: int, block: BlockRef) -> View:
        """The task at ``block``."""
        self._ledger.looked_at(task)
        return super().view(task, attempt, block)

    def round_log(self, task: Task, block: BlockRef) -> RoundLog:
        """What happened in the task's current attempt."""
        log = super().round_log(task, block)
        if log.record is not None:
            self._ledger.earns(task, log.reward(self._node, task.request.price))
        return log

    def seat(self, block: BlockRef) -> Seat:
        """Our place in the active set."""
        seat = super().seat(block)
        self._ledger.seated(seat.weight, active=seat.active)
        return seat

    def reward(self, task: Task) -> None:
        """Look up what the task earns, unless that is known: after a restart nobody else may ask."""
        if self._ledger.reward(task.task_id) is None:
            self.round_log(task, self.blocks().deep)
