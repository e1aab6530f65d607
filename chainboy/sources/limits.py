"""How much time and how many bytes a node spends on sources."""

from __future__ import annotations

import attrs

MOST_BYTES = 16 * 1024 * 1024
"""The largest limit that may be set: more would not be read through in a reasonable time."""


@attrs.frozen(kw_only=True)
class Limits:
    """``timeout_seconds`` for one url with its redirects and tries, ``total_seconds`` for all of a program.

    ``max_bytes`` of one answer, packed and unpacked. ``redirects`` are followed and ``tries`` made at most.
    """

    timeout_seconds: float = 10.0
    total_seconds: float = 20.0
    max_bytes: int = 1024 * 1024
    redirects: int = 3
    tries: int = 3
