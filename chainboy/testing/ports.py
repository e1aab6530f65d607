"""Where a process that a test starts can listen."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A loopback port at which nobody listens now; take it soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
