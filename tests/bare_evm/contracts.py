"""Contracts on the bare EVM: called by name, with structs as tuples, reverts as named errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from bare_evm.evm import Evm
from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from chainboy.consensus.fields import to_address

ARTIFACTS = Path(__file__).parents[2] / "chainboy" / "contracts" / "artifacts"
NOBODY = to_address(b"\x11" * 20)


class Reverted(Exception):
    """A call reverted with a custom error: its name and arguments."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@attrs.frozen
class Log:
    """An event by name, with its fields."""

    name: str
    fields: Mapping[str, Any]


def artifact(name: str, folder: Path = ARTIFACTS) -> dict[str, Any]:
    """A compiled contract as the compile script wrote it."""
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _types(items: Sequence[Any]) -> list[str]:
    return [collapse_if_tuple(item) for item in items]


def _signature(item: Any) -> str:
    return f"{item['name']}({','.join(_types(item['inputs']))})"


def _plain(value: Any, item: Any) -> Any:
    """Addresses in their EIP-55 form, everything else as decoded."""
    kind: str = item["type"]
    if kind.endswith("]"):
        inner = {**item, "type": kind[: kind.rindex("[")]}
        return tuple(_plain(each, inner) for each in value)
    if kind == "tuple":
        return tuple(_plain(each, part) for each, part in zip(value, item["components"], strict=True))
    return to_address(bytes.fromhex(value[2:])) if kind == "address" else value


def _decoded(items: Sequence[Any], data: bytes) -> tuple[Any, ...]:
    values = decode(_types(items), data)
    return tuple(_plain(value, item) for value, item in zip(values, items, strict=True))


PANIC = {"type": "error", "name": "Panic", "inputs": [{"type": "uint256", "name": "code"}]}
TEXT = {"type": "error", "name": "Error", "inputs": [{"type": "string", "name": "reason"}]}


class Errors:
    """Every custom error of some ABIs, by selector."""

    def __init__(self, *abis: Sequence[Any]) -> None:
        items = [item for abi in abis for item in abi if item["type"] == "error"]
        self._by_selector = {keccak(text=_signature(item))[:4]: item for item in [*items, PANIC, TEXT]}

    def name(self, selector: bytes) -> str:
        """The name of a selector; ``""`` for zero."""
        return "" if selector == bytes(4) else str(self._by_selector[selector]["name"])

    def selector(self, name: str) -> bytes:
        """The reverse of :meth:`name`."""
        return next(found for found, item in self._by_selector.items() if item["name"] == name)

    def explain(self, output: bytes) -> Reverted:
        """The error in what a call reverted with."""
        item = self._by_selector.get(output[:4])
        if item is None:
            return Reverted("", (output,))
        return Reverted(item["name"], _decoded(item["inputs"], output[4:]))


ERRORS = Errors(*(artifact(path.stem)["abi"] for path in ARTIFACTS.glob("*.json") if path.stem != "manifest"))


class Contract:
    """A contract at an address."""

    def __init__(self, evm: Evm, address: str, abi: Sequence[Any]) -> None:
        self._evm = evm
        self.address = address
        self._functions = {item["name"]: item for item in abi if item["type"] == "function"}
        events = (item for item in abi if item["type"] == "event")
        self._events = {int.from_bytes(keccak(text=_signature(item))): item for item in events}
        self.errors = Errors(abi)
        self.gas = 0
        """What the last call used, without the 21,000 and the calldata of a transaction."""

    @classmethod
    def deploy(cls, evm: Evm, made: Mapping[str, Any], *args: Any, sender: str = NOBODY) -> Contract:
        """Create one from its artifact."""
        inputs = next((item["inputs"] for item in made["abi"] if item["type"] == "constructor"), [])
        code = bytes.fromhex(made["bytecode"][2:]) + encode(_types(inputs), args)
        return cls(evm, evm.deploy(code, sender), made["abi"])

    def data(self, name: str, *args: Any) -> bytes:
        """The calldata of a call."""
        item = self._functions[name]
        return bytes(keccak(text=_signature(item))[:4] + encode(_types(item["inputs"]), args))

    def view(self, name: str, *args: Any, sender: str = NOBODY) -> Any:
        """What a call returns, leaving nothing behind."""
        ran = self._evm.view(self.address, self.data(name, *args), sender)
        return self._result(name, ran.failed, ran.output)

    def send(self, name: str, *args: Any, sender: str = NOBODY, value: int = 0) -> tuple[Any, list[Log]]:
        """What a call returns, and this contract's events of it."""
        ran = self._evm.call(self.address, self.data(name, *args), sender, value)
        self.gas = ran.gas
        result = self._result(name, ran.failed, ran.output)
        return result, self.events(ran.logs)

    def events(self, logs: Sequence[Any]) -> list[Log]:
        """This contract's own of all that a call logged."""
        return [self._log(log) for log in logs if to_address(log[0]) == self.address]

    def _result(self, name: str, failed: bool, output: bytes) -> Any:
        if failed:
            raise ERRORS.explain(output)
        values = _decoded(self._functions[name]["outputs"], output)
        return values[0] if len(values) == 1 else values

    def _log(self, log: Any) -> Log:
        _, topics, data = log
        item = self._events[topics[0]]
        indexed = [each for each in item["inputs"] if each["indexed"]]
        words = [topic.to_bytes(32, "big") for topic in topics[1:]]
        fields = {each["name"]: _decoded([each], word)[0] for each, word in zip(indexed, words, strict=True)}
        others = [each for each in item["inputs"] if not each["indexed"]]
        names = (each["name"] for each in others)
        return Log(item["name"], {**fields, **dict(zip(names, _decoded(others, data), strict=True))})
