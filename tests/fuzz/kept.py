"""What long runs leave: their figures, and inputs that reached something new, for short runs to replay."""

from __future__ import annotations

import json
from pathlib import Path

RECORD = Path(__file__).with_name("record.json")
FOLDER = Path(__file__).with_name("kept")
MOST = 120
LONGEST = 400
"""Bytes of an input that is worth keeping here."""


def load(name: str) -> tuple[bytes, ...]:
    """The inputs kept for a target."""
    path = FOLDER / f"{name}.json"
    return tuple(bytes.fromhex(data) for data in json.loads(path.read_text())) if path.exists() else ()


def save(name: str, inputs: list[bytes]) -> None:
    """Keep the shortest of them."""
    chosen = sorted({data for data in inputs if len(data) <= LONGEST}, key=lambda data: (len(data), data))[
        :MOST
    ]
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps([data.hex() for data in chosen], indent=0) + "\n")
