"""Runs a shadow in this process until it is told to stop, and tells its report."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import closing
from pathlib import Path

from chainboy.node.shadow.report import to_lines, to_table
from chainboy.node.shadow.start import load, shadow_of
from chainboy.service import until_told
from chainboy.units import Weight

_log = logging.getLogger(__name__)


def run(path: Path, *, bond: int | None, seconds: int | None, as_json: bool) -> str:
    """Work for so many ``seconds`` (None: for ever) or until SIGINT or SIGTERM; the report as text.

    ``path`` is the node's configuration file. Raises what :func:`~chainboy.node.shadow.start.shadow_of` does.
    """
    config = load(path)
    config.log_level.apply(config.log_format)
    shadow = shadow_of(config, bond=None if bond is None else Weight(bond))
    with closing(shadow.node):
        stop = until_told()
        alarm = threading.Timer(seconds or 0, stop.set)
        if seconds is not None:
            alarm.start()
        _log.info("a shadow watches, and sends nothing")
        try:
            shadow.node.run(stop, pause=config.poll_seconds)
        finally:
            alarm.cancel()
        found = shadow.report()
    return json.dumps(to_table(found), indent=1) if as_json else "\n".join(to_lines(found))
