"""Functions, events and errors of an ABI: from Python values to bytes and back, without web3."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_abi.exceptions import EncodingError as AbiEncodingError
from eth_hash.auto import keccak

from chainboy.consensus.fields import to_address
from chainboy.errors import EncodingError
from chainboy.events.log import LogEvent

Fields = dict[str, Any]
"""Decoded values by name, in snake case; addresses in EIP-55 form, structs again as fields."""

SELECTOR_BYTES = 4


def snake_case(name: str) -> str:
    """The Python name of a Solidity name: ``winnersCount`` is ``winners_count``, ``from`` is ``from_``."""
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower().strip("_")
    return f"{snake}_" if keyword.iskeyword(snake) else snake


@attrs.frozen
class Parameter:
    """One value of an ABI; ``components`` are a struct's, and ``suffix`` is its array part."""

    name: str
    base: str
    suffix: str
    components: tuple[Parameter, ...]
    indexed: bool = False

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Parameter:
        """The parameter in a JSON ABI's entry."""
        base, bracket, rest = str(entry["type"]).partition("[")
        return cls(
            name=snake_case(str(entry.get("name", ""))),
            base=base,
            suffix=bracket + rest,
            components=tuple(cls.parse(component) for component in entry.get("components", ())),
            indexed=bool(entry.get("indexed", False)),
        )

    @property
    def type(self) -> str:
        """The canonical type, structs as tuples."""
        if self.base != "tuple":
            return self.base + self.suffix
        return f"({','.join(component.type for component in self.components)}){self.suffix}"

    @property
    def is_word(self) -> bool:
        """Whether it stands in a topic itself, not by its hash."""
        return not self.suffix and self.base not in ("tuple", "string", "bytes")

    def to_abi(self, value: Any) -> Any:
        """What eth_abi wants for ``value``; structs are objects with attributes of their names."""
        return self._each(value, self.suffix, self._one_to_abi)

    def from_abi(self, value: Any) -> Any:
        """The Python value for what eth_abi gave."""
        return self._each(value, self.suffix, self._one_from_abi)

    def _each(self, value: Any, suffix: str, convert: Any) -> Any:
        if not suffix:
            return convert(value)
        inner = suffix[: suffix.rindex("[")]
        return tuple(self._each(item, inner, convert) for item in value)

    def _one_to_abi(self, value: Any) -> Any:
        if self.base != "tuple":
            return value
        return tuple(part.to_abi(getattr(value, part.name)) for part in self.components)

    def _one_from_abi(self, value: Any) -> Any:
        if self.base == "address":
            return to_address(bytes.fromhex(value[2:]))
        if self.base != "tuple":
            return value
        return _named(self.components, value)


@attrs.frozen
class Function:
    """A function's calls and answers."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    selector: bytes

    def encode(self, *arguments: Any) -> bytes:
        """Call data; raises :class:`~chainboy.errors.EncodingError` for values that do not fit."""
        return self.selector + encode_values(self.inputs, arguments)

    def decode(self, data: bytes) -> Any:
        """The answer: one value, or a tuple where the function returns several."""
        values = decode_values(self.outputs, data)
        return values[0] if len(values) == 1 else values


@attrs.frozen
class Error:
    """A custom error."""

    name: str
    inputs: tuple[Parameter, ...]
    selector: bytes

    def decode(self, data: bytes) -> Fields:
        """The arguments in revert data, its selector included."""
        return dict(zip(_names(self.inputs), decode_values(self.inputs, data[SELECTOR_BYTES:]), strict=True))


@attrs.frozen
class Event:
    """An event's topic and fields."""

    name: str
    inputs: tuple[Parameter, ...]
    topic: bytes

    def decode(self, log: LogEvent) -> Fields:
        """The fields of ``log``; an indexed value that is no word is given as its hash."""
        indexed = [part for part in self.inputs if part.indexed]
        plain = [part for part in self.inputs if not part.indexed]
        if not log.topics or log.topics[0] != self.topic or len(log.topics) != len(indexed) + 1:
            raise EncodingError(f"this log is no {self.name} event; filter by its topic")
        values = dict(zip(_names(plain), decode_values(plain, log.data), strict=True))
        for part, topic in zip(indexed, log.topics[1:], strict=True):
            values[part.name] = decode_values([part], topic)[0] if part.is_word else topic
        return {part.name: values[part.name] for part in self.inputs}


def encode_values(parameters: Sequence[Parameter], values: Sequence[Any]) -> bytes:
    """``abi.encode`` of Python values; raises :class:`~chainboy.errors.EncodingError`."""
    if len(parameters) != len(values):
        raise EncodingError(f"{len(parameters)} values are wanted, not {len(values)}; give one for each")
    try:
        converted = [part.to_abi(value) for part, value in zip(parameters, values, strict=True)]
        return encode([part.type for part in parameters], converted)
    except (AbiEncodingError, AttributeError, TypeError, ValueError) as error:
        raise EncodingError(f"these values have no ABI encoding: {error}") from error


def decode_values(parameters: Sequence[Parameter], data: bytes) -> tuple[Any, ...]:
    """The Python values in ``data``; raises :class:`~chainboy.errors.EncodingError`."""
    try:
        values = decode([part.type for part in parameters], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise EncodingError(f"these bytes are not the ABI encoding expected: {error}") from error
    return tuple(part.from_abi(value) for part, value in zip(parameters, values, strict=True))


def signature(name: str, inputs: Sequence[Parameter]) -> bytes:
    """keccak256 of the canonical signature: the topic of an event; a selector is its first four bytes."""
    return keccak(f"{name}({','.join(part.type for part in inputs)})".encode())


def _names(parameters: Sequence[Parameter]) -> list[str]:
    return [part.name or str(position) for position, part in enumerate(parameters)]


def _named(parameters: Sequence[Parameter], values: Sequence[Any]) -> Fields:
    converted = (part.from_abi(value) for part, value in zip(parameters, values, strict=True))
    return dict(zip(_names(parameters), converted, strict=True))
