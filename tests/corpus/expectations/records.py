"""What the programs on records are to answer."""

from __future__ import annotations

import hashlib
import json

import rfc8785
from corpus.case import Raises, case

INVOICE = {
    "number": "2026-117",
    "currency": "EUR",
    "lines": [
        {"text": "Chairs", "quantity": 4, "price": "49.95", "tax_percent": 19},
        {"text": "Books", "quantity": 3, "price": "12.155", "tax_percent": 7},
        {"text": "Returned lamp", "quantity": -1, "price": "20.00", "tax_percent": 19},
    ],
    "total": "252.99",
}
"""(199.80 - 20.00) * 1.19 = 179.80 + 34.16; 36.465 is 36.47, of which 7 % are 2.55; together 252.98."""

DOCUMENTS = [
    '{"b": [1, 2, {"z": null, "a": true}], "a": "é\\u20ac\\n", "": -0, "\\ud83d\\ude00": 9007199254740991}',
    " [ ] ",
    '{"\\ufb33": "Dalet", "1": "One", "\\ud83d\\ude00": "Smile", "\\u0080": "Control", "\\r": "CR"}',
]
TENNESSEE = (
    ["Memphis>Nashville>Chattanooga>Knoxville"] * 42
    + ["Nashville>Chattanooga>Knoxville>Memphis"] * 26
    + ["Chattanooga>Knoxville>Nashville>Memphis"] * 15
    + ["Knoxville>Chattanooga>Nashville>Memphis"] * 17
)
CITIES = ["Memphis", "Nashville", "Chattanooga", "Knoxville"]


def canonical(document: str) -> tuple[bytes, int]:
    """By the package rfc8785."""
    form = rfc8785.dumps(json.loads(document))
    return hashlib.sha256(form).digest(), len(form)


CASES = (
    case(
        *("records/invoice", json.dumps(INVOICE)),
        gives=(False, 25_298, ["$.total"]),
        by="by hand: one cent too much",
    ),
    case(
        *("records/invoice", json.dumps(INVOICE | {"total": "252.98"})),
        gives=(True, 25_298, []),
        by="by hand",
    ),
    case(
        *("records/invoice", json.dumps({"number": 7, "currency": "EUR", "lines": [], "paid": True})),
        gives=(False, 0, ["$.number", "$.total", "$.paid"]),
        by="by hand",
    ),
    case("records/invoice", "{", gives=Raises("JSONDecodeError"), by="no JSON"),
    *(
        case("records/canonical_json", document, gives=canonical(document), by="rfc8785: dumps")
        for document in DOCUMENTS
    ),
    *(
        case("records/canonical_json", bad, gives=Raises("ValueError"), by="RFC 8785, sections 3.1 and 3.2.2")
        for bad in ('{"a": 1, "a": 2}', "[1.5]", "9007199254740993", "[NaN]")
    ),
    case(
        *("records/tally_votes", CITIES, TENNESSEE),
        gives=("Knoxville", [42, 0, 0, 58], 0),
        by="Wikipedia's capital of Tennessee",
    ),
    case(
        *("records/tally_votes", ["a", "b"], ["a>b", "b>a", "b", "a>a", "c", ""]),
        gives=("b", [1, 2], 3),
        by="by hand",
    ),
)
