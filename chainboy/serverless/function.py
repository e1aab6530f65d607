"""A node as a function: called, it does what can be done in the time it has, and remembers in a store."""

from __future__ import annotations

import hmac
import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from chainboy.errors import ChainBoyError, JournalError
from chainboy.node.timing import next_look
from chainboy.serverless.budget import Budget, Clock
from chainboy.serverless.keeper import NAME, Busy, Keeper
from chainboy.serverless.pushes import Pushes
from chainboy.serverless.report import Ending, Report
from chainboy.serverless.store import ResultStore
from chainboy.serverless.workbench import Maker, OutOfTime, Workbench
from chainboy.web import Handler, Request, Response

_log = logging.getLogger(__name__)

_GLANCE = 0.02
_LEAST_PAUSE = 0.25
_TICK = "/tick/"


@attrs.frozen
class Tick:
    """A call that says nothing: a schedule's, or anybody's whom the provider has let in."""


Event = Request | Tick


class Function:
    """One node, worked by calls of :meth:`handle`; :meth:`load` makes it of a configuration file.

    ``make`` makes the node when it is first needed; an instance that stays warm keeps it. ``desk`` checks
    webhooks and tells ``pushes``. A POST to ``/tick/`` and ``tick_secret`` is a tick. Calls may come at once,
    in this process and others: one works, the others say so.
    """

    def __init__(
        self,
        make: Maker,
        store: ResultStore,
        *,
        name: str = NAME,
        budget: Budget | None = None,
        desk: Handler | None = None,
        pushes: Pushes | None = None,
        tick_secret: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.budget = budget or Budget()
        self._make = make
        self._keeper = Keeper(store, name)
        self._desk = desk
        self._pushes = pushes
        self._tick_secret = tick_secret
        self._sleep = sleep
        self._clock = Clock()
        self._turn = threading.Lock()
        self._bench: Workbench | None = None

    @staticmethod
    def load(path: Path | str) -> Function:
        """The function that the file ``path`` describes, with its table ``[serverless]``.

        Reads no more than the file and the webhooks' secrets; raises
        :class:`~chainboy.errors.ConfigError`.
        """
        from chainboy.serverless.start import function_of  # noqa: PLC0415 - it knows this module

        return function_of(Path(path))

    def handle(self, event: Event, *, seconds: float | None = None) -> Response:
        """Do what ``event`` calls for; ``seconds``: what the provider leaves for this call.

        The answer's body says in JSON what was done and after how many seconds the next call is useful. Never
        raises a :class:`~chainboy.errors.ChainBoyError`: what failed is told with status 503.
        """
        began = self._clock.now()
        if isinstance(event, Request):
            answer = self._admit(event)
            if answer is not None:
                return answer
        whole = self.budget.seconds(seconds)
        return self._report(began, whole).response()

    def close(self) -> None:
        """Let the node go, if there is one; what is to be remembered is in the store."""
        with self._turn:
            self._drop()

    def _admit(self, request: Request) -> Response | None:
        """What to answer at once; None if the request calls for work."""
        if request.path.startswith(_TICK):
            return self._admit_tick(request)
        if self._desk is None:
            return Response(status=404, body=b'{"error": "no webhook is configured here"}')
        answer = self._desk(request)
        return None if answer.status == 200 and request.method == "POST" else answer  # noqa: PLR2004

    def _admit_tick(self, request: Request) -> Response | None:
        given, secret = request.path.removeprefix(_TICK), self._tick_secret
        if secret is None or not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
            return Response(status=404, body=b'{"error": "there is nothing here"}')
        if request.method != "POST":
            return Response(status=405, body=b'{"error": "ticks are posted"}')
        return None

    def _report(self, began: float, whole: float) -> Report:
        if not self._turn.acquire(blocking=False):
            return Report(ending=Ending.BUSY, next=math.ceil(self._clock.left + self.budget.reserve))
        try:
            self._clock.ends = began + whole - self.budget.reserve
            return self._call(whole)
        except Busy as busy:
            return Report(ending=Ending.BUSY, next=busy.seconds)
        except ChainBoyError as error:
            self._drop()
            _log.warning("this call failed: %s", error)
            return Report(ending=Ending.FAILED, next=1, error=str(error))
        finally:
            self._turn.release()

    def _call(self, whole: float) -> Report:
        """Take hold of the journal, work, and let go."""
        if self._clock.left <= 0:
            return Report(ending=Ending.DEADLINE, next=0, error="the call has no time but its reserve")
        if not self._keeper.begin(whole):
            self._drop()
        try:
            bench = self._bench or self._open()
        except ChainBoyError:
            self._keeper.end()
            raise
        journal = bench.node.parts.journal
        told, sent = len(journal.transitions()), bench.sent
        ending, error = self._work(bench)
        self._keeper.end(bench.journal())
        return Report(
            ending=ending,
            moves=journal.transitions()[told:],
            sent=bench.sent - sent,
            open=len(journal.active()),
            next=_next(bench) if ending is Ending.QUIET else 0,
            error=error,
        )

    def _open(self) -> Workbench:
        if self._pushes is not None:
            self._pushes.renew()
        self._bench = Workbench(
            self._make, self._keeper.journal, self._clock, self._keeper.keep, most=self.budget.most
        )
        if self._pushes is not None:
            self._pushes.ready()
        return self._bench

    def _drop(self) -> None:
        bench, self._bench = self._bench, None
        if bench is not None:
            bench.close()

    def _work(self, bench: Workbench) -> tuple[Ending, str]:
        """Round after round, until there is nothing to do or no time; why it ended, and what failed."""
        lingers = self._clock.now() + self.budget.linger
        while self._clock.left > 0:
            try:
                if bench.step():
                    continue
            except OutOfTime:
                break
            except JournalError:
                raise
            except ChainBoyError as error:
                return Ending.FAILED, str(error)
            if bench.node.busy:
                self._sleep(_GLANCE)
            elif not self._linger(bench, lingers):
                return (Ending.DEADLINE if bench.solver.put_off else Ending.QUIET), ""
        return Ending.DEADLINE, ""

    def _linger(self, bench: Workbench, until: float) -> bool:
        """Wait if that is worth it; whether to look again."""
        now, soon = self._clock.now(), _next(bench) if self.budget.linger else None
        if soon is None or now + soon > min(until, self._clock.ends):
            return False
        self._sleep(max(_LEAST_PAUSE, min(1.0, soon)))
        return True


def _next(bench: Workbench) -> int | None:
    """Seconds after which another call is useful; none if nothing is open. Asks the chain."""
    home, journal = bench.node.parts.home, bench.node.parts.journal
    tasks = journal.active()
    if not tasks and not journal.unsettled():
        return None
    blocks = home.blocks()
    looks = [
        next_look(task, home.view(task, task.attempt, blocks.head), home.clocks, depth=blocks.depth)
        for task in tasks
    ]
    return min([*looks, blocks.depth] if journal.unsettled() else looks)
