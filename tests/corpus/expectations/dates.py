"""What the programs on dates are to answer."""

from __future__ import annotations

import time
from datetime import date, timedelta

import numpy as np
from corpus.case import Raises, case
from dateutil.easter import easter

HOLIDAYS = [20261225, 20261226, 20270101, 20260403, 20260406, 20260501]
TIMES = [0, 1_095_379_200, 1_230_768_000, 1_262_304_000, 1_609_372_800, 1_609_459_199, 1_795_305_600]


def number(day: date) -> int:
    """Like 20261122."""
    return int(f"{day:%Y%m%d}")


def feasts(year: int) -> tuple[int, int, int]:
    """By dateutil."""
    sunday = easter(year)
    return number(sunday), number(sunday - timedelta(2)), number(sunday + timedelta(50))


def due(start: int, days: int) -> tuple[int, int]:
    """By numpy's calendars."""
    closed = [np.datetime64(f"{str(h)[:4]}-{str(h)[4:6]}-{str(h)[6:]}") for h in HOLIDAYS]
    first = f"{str(start)[:4]}-{str(start)[4:6]}-{str(start)[6:]}"
    day = np.busday_offset(first, days, roll="forward", holidays=closed)
    month = day.astype("datetime64[M]")
    count = np.busday_count(month, month + 1, holidays=closed)
    return number(day.item()), int(count)


def weeks(offset: int) -> list[str]:
    """By this machine's C library."""
    return [time.strftime("%G-W%V-%u", time.gmtime(each + offset)) for each in TIMES]


CASES = (
    *(
        case("dates/easter", year, gives=feasts(year), by="dateutil: easter")
        for year in (1818, 1954, 2000, 2026, 2038, 4099)
    ),
    *(
        case("dates/due_date", *terms, HOLIDAYS, gives=due(*terms), by="numpy: busday_offset, busday_count")
        for terms in [(20261122, 30), (20260402, 1), (20260410, -6), (20280229, 0)]
    ),
    case("dates/due_date", 20270229, 1, [], gives=Raises("ValueError"), by="2027 has no such day"),
    case(
        *("dates/leap_seconds", 1_483_228_799, 1_483_228_800),
        gives=(2, 37),
        by="IERS, Bulletin C 52: a leap second at the end of 2016",
    ),
    case(
        *("dates/leap_seconds", 315_964_800, 1_700_000_000),
        gives=(1_700_000_000 - 315_964_800 + 18, 37),
        by="GPS time, which began in 1980, is 18 s ahead of UTC",
    ),
    case("dates/leap_seconds", 63_072_000, 63_072_000, gives=(0, 10), by="IERS: 10 s on 1 January 1972"),
    case("dates/leap_seconds", 0, 1, gives=Raises("ValueError"), by="before 1972"),
    *(
        case(
            "dates/iso_week",
            TIMES,
            offset,
            gives=(days := weeks(offset), len({d[:-2] for d in days})),
            by="strftime",
        )
        for offset in (0, 20_700, -18_000)
    ),
)
