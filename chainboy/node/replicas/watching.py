"""What a replica shows: its node while it acts, and that it stands by while another one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import attrs

from chainboy.node.watching.health import Check
from chainboy.node.watching.metrics import CONTENT_TYPE, exposition
from chainboy.node.watching.page import POLICY, page
from chainboy.node.watching.server import TEXT, Site
from chainboy.node.watching.serving import readiness, site
from chainboy.node.watching.settings import WatchSettings
from chainboy.node.watching.snapshot import Snapshot
from chainboy.node.watching.watch import NodeWatch
from chainboy.web import Response


class ReplicaSite:
    """One site over all turns; ``checks`` tells what the replica needs to take over."""

    def __init__(self, settings: WatchSettings, checks: Callable[[], Sequence[Check]]) -> None:
        self._settings = settings
        self._checks = checks
        self._idle = NodeWatch()
        self._node: Site | None = None
        self._standby: Site = {
            "/": self._page,
            "/metrics": lambda: Response(body=exposition(self._snapshot()), kind=CONTENT_TYPE),
            "/healthz": lambda: Response(body=b"standby\n", kind=TEXT),
            "/readyz": self._readiness,
        }

    @property
    def pages(self) -> Site:
        """All paths."""
        return {path: partial(self._show, path) for path in self._standby}

    @contextmanager
    def showing(self, watch: NodeWatch) -> Iterator[None]:
        """Show the node that ``watch`` watches for as long as this lasts."""
        self._node = site(watch, self._settings)
        try:
            yield
        finally:
            self._node = None

    def _show(self, path: str) -> Response:
        return (self._node or self._standby)[path]()

    def _page(self) -> Response:
        shown = page(self._snapshot(), self._checks())
        headers = {"Content-Security-Policy": POLICY}
        return Response(body=shown, kind="text/html; charset=utf-8", headers=headers)

    def _snapshot(self) -> Snapshot:
        ready = all(check.good for check in self._checks())
        return attrs.evolve(self._idle.ledger.snapshot(), standby=True, standby_ready=ready)

    def _readiness(self) -> Response:
        """Ready to take over is ready."""
        return readiness(self._checks(), role="standby")
