"""The bell that ends a node's pause."""

from __future__ import annotations

from chainboy.events import Bell


def test_rings_at_once_and_later() -> None:
    """The earliest time counts, and only what rings after the last look."""
    now = [100.0]
    bell = Bell(lambda: now[0])
    assert not bell.rung
    bell.ring()
    assert bell.rung
    bell.quiet()
    bell.ring_within(5)
    bell.ring_within(9)
    now[0] = 104.9
    assert not bell.rung
    now[0] = 105.0
    assert bell.rung
    bell.quiet()
    assert not bell.rung
