"""One contract's ABI by name: its functions, events and errors."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from chainboy.contracts.artifacts import load
from chainboy.contracts.codec import SELECTOR_BYTES, Error, Event, Function, Parameter, signature

Entries = tuple[Mapping[str, Any], ...]


class Interface:
    """The functions, events and errors of one artifact; none of its names is overloaded."""

    def __init__(self, abi: Entries) -> None:
        self.functions = {part.name: part for part in _functions(abi)}
        self.events = {part.name: part for part in _events(abi)}
        self.errors = {part.name: part for part in _errors(abi)}
        self.constructor = tuple(
            part for entry in _of_kind(abi, "constructor") for part in _parameters(entry["inputs"])
        )


@functools.cache
def interface(name: str) -> Interface:
    """The ABI of contract or interface ``name``, read when first asked for."""
    return Interface(load(name).abi)


def _functions(abi: Entries) -> Iterator[Function]:
    for entry in _of_kind(abi, "function"):
        inputs = _parameters(entry["inputs"])
        selector = signature(entry["name"], inputs)[:SELECTOR_BYTES]
        yield Function(entry["name"], inputs, _parameters(entry["outputs"]), selector)


def _events(abi: Entries) -> Iterator[Event]:
    for entry in _of_kind(abi, "event"):
        inputs = _parameters(entry["inputs"])
        yield Event(entry["name"], inputs, signature(entry["name"], inputs))


def _errors(abi: Entries) -> Iterator[Error]:
    for entry in _of_kind(abi, "error"):
        inputs = _parameters(entry["inputs"])
        yield Error(entry["name"], inputs, signature(entry["name"], inputs)[:SELECTOR_BYTES])


def _of_kind(abi: Entries, kind: str) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in abi if entry["type"] == kind)


def _parameters(entries: list[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(Parameter.parse(entry) for entry in entries)
