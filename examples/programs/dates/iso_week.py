# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint64[] times", "int32 offset"]
# outputs = ["string[]", "uint256"]
# ///
"""Unix times as days of ISO weeks, like ``2026-W47-7``, in a zone some seconds east of Greenwich.

The number is that of different weeks among them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def main(times: list[int], offset: int) -> tuple[list[str], int]:
    days = [(EPOCH + timedelta(seconds=time + offset)).isocalendar() for time in times]
    weeks = {(day.year, day.week) for day in days}
    return [f"{day.year}-W{day.week:02}-{day.weekday}" for day in days], len(weeks)
