# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint16 year"]
# outputs = ["uint32", "uint32", "uint32"]
# ///
"""Easter Sunday of the West, Good Friday and Whit Monday of a year, each as a number like 20261122."""

from __future__ import annotations

from datetime import date, timedelta

GOOD_FRIDAY = timedelta(days=-2)
WHIT_MONDAY = timedelta(days=50)


def main(year: int) -> tuple[int, int, int]:
    sunday = easter(year)
    return number(sunday), number(sunday + GOOD_FRIDAY), number(sunday + WHIT_MONDAY)


def easter(year: int) -> date:
    """By the rule of 1582, as Meeus, Jones and Butcher wrote it down."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap_centuries, of_four = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    weekday = (32 + 2 * of_four + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def number(day: date) -> int:
    return (day.year * 100 + day.month) * 100 + day.day
