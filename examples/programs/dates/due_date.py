# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint32 start", "int16 days", "uint32[] holidays"]
# outputs = ["uint32", "uint256"]
# ///
"""The day some business days after another, or before it, and the business days of the month it is in.

Days are numbers like 20261122; Saturdays, Sundays and ``holidays`` do not count. A start on such a day is
moved to the next business day first.
"""

from __future__ import annotations

from datetime import date, timedelta

DAY = timedelta(days=1)
SATURDAY = 5


def main(start: int, days: int, holidays: list[int]) -> tuple[int, int]:
    closed = {parsed(holiday) for holiday in holidays}
    day = parsed(start)
    while not is_open(day, closed):
        day += DAY
    for _ in range(abs(days)):
        day += DAY if days > 0 else -DAY
        while not is_open(day, closed):
            day += DAY if days > 0 else -DAY
    return (day.year * 100 + day.month) * 100 + day.day, open_days(day, closed)


def parsed(number: int) -> date:
    rest, day = divmod(number, 100)
    return date(*divmod(rest, 100), day)


def is_open(day: date, closed: set[date]) -> bool:
    return day.weekday() < SATURDAY and day not in closed


def open_days(within: date, closed: set[date]) -> int:
    """How many business days the month of ``within`` has."""
    first = within.replace(day=1)
    days = (first + offset * DAY for offset in range(31))
    return sum(day.month == first.month and is_open(day, closed) for day in days)
