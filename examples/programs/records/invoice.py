# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["string document"]
# outputs = ["bool", "uint256", "string[]"]
# ///
"""Checks an invoice in JSON: its shape, the sums of its lines, tax by rate, and its total.

Amounts are decimal text, never floats. Answers are whether the invoice may be paid, the total in cents as
it should be, and every fault found, as the path to where it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
SHAPE = {"number": str, "currency": str, "lines": list, "total": str}
LINE = {"text": str, "quantity": int, "price": str, "tax_percent": int}


def main(document: str) -> tuple[bool, int, list[str]]:
    invoice = json.loads(document)
    faults = misshapen(invoice, SHAPE, "$")
    net: dict[int, Decimal] = {}
    for i, line in enumerate([] if faults else invoice["lines"]):
        wrong = misshapen(line, LINE, f"$.lines[{i}]")
        faults += wrong
        if not wrong:
            amount = line["quantity"] * Decimal(line["price"])
            net[line["tax_percent"]] = net.get(line["tax_percent"], Decimal(0)) + amount
    total = sum((rounded(amount) + rounded(amount * rate / 100) for rate, amount in net.items()), Decimal(0))
    if not faults and Decimal(invoice["total"]) != total:
        faults.append("$.total")
    return not faults, int(total * 100), faults


def misshapen(value: object, shape: Mapping[str, type], where: str) -> list[str]:
    """The paths at which ``value`` is not an object with just these members."""
    if not isinstance(value, dict):
        return [where]
    wrong = [f"{where}.{key}" for key, kind in shape.items() if type(value.get(key)) is not kind]
    return wrong + sorted(f"{where}.{key}" for key in value if key not in shape)


def rounded(amount: Decimal) -> Decimal:
    """To the cent, halves away from zero as tax offices want it."""
    return amount.quantize(CENT, ROUND_HALF_UP)
