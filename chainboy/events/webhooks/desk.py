"""Takes webhooks in: a pure handler of requests for any server, framework or function."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping

import attrs

from chainboy.errors import WebhookRefused
from chainboy.events.hint import Hint
from chainboy.events.hinted import HintedSource
from chainboy.events.source import EventSource
from chainboy.events.watch import Watch
from chainboy.events.webhooks.provider import MOST_BYTES, Delivery, Notice, Provider
from chainboy.web import Request, Response

_log = logging.getLogger(__name__)

WINDOW = 300.0
"""Seconds that a delivery may be old, or ahead of our clock; as long its nonce is remembered."""

MOST_NONCES = 4_096

Listener = Callable[[Iterable[Hint]], None]
"""Told what genuine deliveries hint at, from any thread."""


class Hook:
    """One provider's webhook at this node, under ``/name``."""

    def __init__(self, name: str, provider: Provider, secret: str, chain_id: int | None = None) -> None:
        self.name = name
        self._provider = provider
        self._secret = secret
        self._chain_id = chain_id
        self._listeners: list[Listener] = []

    def source(self, watch: Watch) -> EventSource:
        """The source that confirms for ``watch`` what comes from now on."""
        source = HintedSource(watch)
        self.listen(source.tell)
        return source

    def listen(self, listener: Listener) -> None:
        """Let ``listener`` know of all hints from now on."""
        self._listeners.append(listener)

    def read(self, delivery: Delivery) -> Notice:
        """What a delivery says, of our chain where it names none; raises WebhookRefused unless genuine."""
        notice = self._provider.read(delivery, self._secret)
        hints = (
            attrs.evolve(hint, chain_id=self._chain_id) if hint.chain_id is None else hint
            for hint in notice.hints
        )
        return attrs.evolve(notice, hints=tuple(hints))

    def tell(self, notice: Notice) -> None:
        """Let all sources look into what it says."""
        for listener in self._listeners:
            listener(notice.hints)


@attrs.frozen(kw_only=True)
class HookStatistics:
    """How many deliveries were new, came again, and were refused."""

    taken: int = 0
    repeated: int = 0
    refused: int = 0


class Desk:
    """All webhooks of a node. :meth:`handle` may be called from any thread; ``clock`` gives Unix seconds."""

    def __init__(self, hooks: Iterable[Hook], *, clock: Callable[[], float] = time.time) -> None:
        self.hooks = tuple(hooks)
        self._by_name = {hook.name: hook for hook in self.hooks}
        self._clock = clock
        self._lock = threading.Lock()
        self._nonces: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._counts: Counter[tuple[str, str]] = Counter()

    def handle(self, request: Request) -> Response:
        """200 for what is taken or known already, 400 and one sentence for what is refused.

        A GET at a webhook's address is answered with 200: so providers, and monitors, find it open.
        """
        name, _, tail = request.path.lstrip("/").partition("/")
        hook = self._by_name.get(name)
        if hook is None:
            return _told(404, "there is no such webhook here")
        if request.method == "GET":
            return Response(status=200)
        if request.method != "POST":
            return _told(405, "webhooks are posted")
        if len(request.body) > MOST_BYTES:
            return _told(413, f"at most {MOST_BYTES} bytes are read")
        try:
            notice = hook.read(Delivery(body=request.body, headers=request.headers, tail=tail))
            fresh = self._is_fresh(name, notice)
        except WebhookRefused as error:
            self._count(name, "refused")
            _log.debug("a webhook of %s is refused: %s", name, error)
            return _told(400, str(error))
        self._count(name, "taken" if fresh else "repeated")
        if fresh:
            hook.tell(notice)
        return Response(status=200)

    def statistics(self) -> Mapping[str, HookStatistics]:
        """What came so far, by the names of the webhooks."""
        with self._lock:
            return {
                hook.name: HookStatistics(
                    **{kind: self._counts[hook.name, kind] for kind in ("taken", "repeated", "refused")}
                )
                for hook in self.hooks
            }

    def _count(self, name: str, kind: str) -> None:
        with self._lock:
            self._counts[name, kind] += 1

    def _is_fresh(self, name: str, notice: Notice) -> bool:
        """Whether it did not come before; raises WebhookRefused when it is too old to know."""
        now = self._clock()
        if notice.sent_at is not None and abs(now - notice.sent_at) > WINDOW:
            raise WebhookRefused(f"it was not sent within {WINDOW:g} s of now; check both clocks")
        if notice.nonce is None:
            return True
        with self._lock:
            oldest = now - 2 * WINDOW
            while self._nonces and (
                len(self._nonces) >= MOST_NONCES or next(iter(self._nonces.values())) < oldest
            ):
                self._nonces.popitem(last=False)
            key = (name, notice.nonce)
            fresh = key not in self._nonces
            if fresh:
                self._nonces[key] = now
            return fresh


def _told(status: int, error: str) -> Response:
    return Response(status=status, body=json.dumps({"error": error}).encode())
