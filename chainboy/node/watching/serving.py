"""A node of a configuration with its watch: what is shown at which path."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

from chainboy.node.config import NodeConfig
from chainboy.node.runner import Node
from chainboy.node.start import node_of
from chainboy.node.watching.health import Check, WriteTrial, judge
from chainboy.node.watching.metrics import CONTENT_TYPE, exposition
from chainboy.node.watching.page import POLICY, page
from chainboy.node.watching.server import TEXT, Site, watch_server
from chainboy.node.watching.settings import WatchSettings
from chainboy.node.watching.watch import NodeWatch
from chainboy.sandbox.protocol import Sandbox
from chainboy.web import Response

_log = logging.getLogger(__name__)


@contextmanager
def watched(config: NodeConfig, settings: WatchSettings, *, sandbox: Sandbox | None = None) -> Iterator[Node]:
    """The node of ``config``, which can be watched as long as this lasts."""
    watch = NodeWatch()
    with (
        closing(node_of(config, sandbox=sandbox, watch=watch)) as node,
        watch_server(settings, site(watch, settings)) as server,
    ):
        _log.info("the node can be watched at %s", server.url)
        yield node


def site(watch: NodeWatch, settings: WatchSettings) -> Site:
    """All paths."""
    trial = WriteTrial(partial(watch.journal.save, "write trial", ""))

    def checks() -> list[Check]:
        snapshot = watch.ledger.snapshot()
        found = judge(snapshot, stale_after=settings.stale_after, sandboxes=watch.sandboxes)
        return [*found, trial.check()]

    def status() -> Response:
        headers = {"Content-Security-Policy": POLICY}
        shown = page(watch.ledger.snapshot(), checks())
        return Response(body=shown, kind="text/html; charset=utf-8", headers=headers)

    return {
        "/": status,
        "/metrics": lambda: Response(body=exposition(watch.ledger.snapshot()), kind=CONTENT_TYPE),
        "/healthz": lambda: Response(body=b"alive\n", kind=TEXT),
        "/readyz": lambda: readiness(checks()),
    }


def readiness(checks: Sequence[Check], **facts: str) -> Response:
    """200 when nothing is wrong, else 503; ``facts`` and each check as JSON, ``"ok"`` or what is wrong."""
    told = facts | {check.name: check.fault or "ok" for check in checks}
    code = 200 if all(check.good for check in checks) else 503
    return Response(body=json.dumps(told).encode() + b"\n", status=code)
