"""What the compiler made of the contracts, as it ships with this package."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import attrs

from chainboy.errors import ConfigError

MANIFEST = "manifest"


@attrs.frozen(kw_only=True)
class Artifact:
    """One contract or interface: its ABI, and its creation code (empty for what cannot be deployed)."""

    name: str
    abi: tuple[Mapping[str, Any], ...] = attrs.field(repr=False)
    bytecode: bytes = attrs.field(repr=False)
    deployed_size: int
    """Bytes of code on the chain."""


@functools.cache
def load(name: str) -> Artifact:
    """The artifact of contract or interface ``name``; raises ConfigError when there is none."""
    file = _folder() / f"{name}.json"
    if name == MANIFEST or not file.is_file():
        raise ConfigError(f"this package has no contract {name}; compile the contracts again")
    made = json.loads(file.read_text("utf-8"))
    return Artifact(
        name=name,
        abi=tuple(made["abi"]),
        bytecode=bytes.fromhex(made["bytecode"].removeprefix("0x")),
        deployed_size=made["deployedSize"],
    )


def names() -> list[str]:
    """Every contract and interface of this package, sorted."""
    files = (entry.name for entry in _folder().iterdir() if entry.name.endswith(".json"))
    return sorted(name for file in files if (name := file.removesuffix(".json")) != MANIFEST)


def _folder() -> Any:
    return resources.files("chainboy.contracts") / "artifacts"
