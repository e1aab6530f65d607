# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string table"]
# outputs = ["uint256", "string[]", "int256", "string"]
# ///
"""Cleans a table of payments as spreadsheets export it: quotes, blanks, doubles, amounts of all spellings.

The columns are ``who,when,amount``. Answers are the number of good rows, the faults of the others as
``line:fault``, the sum in cents, and the cleaned table. A row that says what an earlier one said is
dropped.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date

AMOUNT = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3})*|[0-9]+)(?:\.([0-9]{1,2}))?")


def main(table: str) -> tuple[int, list[str], int, str]:
    rows: dict[tuple[str, str, int], None] = {}
    faults = []
    reader = csv.reader(io.StringIO(table), skipinitialspace=True)
    next(reader)
    for row in reader:
        try:
            rows.setdefault(cleaned(*row))
        except (TypeError, ValueError) as error:
            faults.append(f"{reader.line_num}:{type(error).__name__}")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return len(rows), faults, sum(cents for _, _, cents in rows), out.getvalue()


def cleaned(who: str, when: str, amount: str) -> tuple[str, str, int]:
    """The row in its one form; TypeError for another number of columns, ValueError for a bad one."""
    match = AMOUNT.fullmatch(amount.strip())
    name = " ".join(who.split())
    if match is None or not name:
        raise ValueError
    sign, whole, fraction = match.groups(default="")
    cents = int(whole.replace(",", "")) * 100 + int(fraction.ljust(2, "0"))
    return name, date.fromisoformat(when.strip()).isoformat(), -cents if sign else cents
