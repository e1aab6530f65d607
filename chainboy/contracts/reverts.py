"""What a contract's refusal means, and what to do about it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from chainboy.contracts.advice import ADVICE, PANICS
from chainboy.contracts.artifacts import names
from chainboy.contracts.codec import SELECTOR_BYTES, Error
from chainboy.contracts.interface import interface
from chainboy.errors import ContractRefused, EncodingError

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")


@functools.cache
def _errors() -> Mapping[bytes, Error]:
    """Every custom error of every ABI, by its selector."""
    found = (error for name in names() for error in interface(name).errors.values())
    return MappingProxyType({error.selector: error for error in found})


def error_name(selector: bytes) -> str:
    """The name of the custom error with this 4-byte selector; its hex text when no contract has it.

    A skipped entry of a batch carries such a selector; zero means that it was taken, and has no name.
    """
    if not any(selector):
        return ""
    error = _errors().get(selector)
    return error.name if error else f"0x{selector.hex()}"


def explain(data: bytes) -> ContractRefused:
    """The refusal in revert data, in one sentence with what to do next."""
    selector = data[:SELECTOR_BYTES]
    error = _errors().get(selector)
    try:
        if error is not None:
            return _custom(error, data)
        if selector == _ERROR_STRING:
            (reason,) = decode(["string"], data[SELECTOR_BYTES:])
            return ContractRefused(f"the contract refused: {reason}", "Error", (reason,))
        if selector == _PANIC:
            (code,) = decode(["uint256"], data[SELECTOR_BYTES:])
            meaning = PANICS.get(code, f"panic {code:#x}")
            return ContractRefused(f"the contract panicked: {meaning}; report this", "Panic", (code,))
    except (EncodingError, DecodingError, OverflowError, UnicodeDecodeError):
        pass  # a selector that is known before bytes that are not its own
    shown = f"0x{data.hex()}" if data else "no data"
    return ContractRefused(
        f"the contract refused with {shown}, which none of its errors explains; check its address and version"
    )


def _custom(error: Error, data: bytes) -> ContractRefused:
    fields = error.decode(data)
    shown = {name: _shown(value) for name, value in fields.items()}
    listed = ", ".join(f"{name} {value}" for name, value in shown.items())
    message = f"the contract refused with {error.name}" + (f" ({listed})" if listed else "")
    advice = ADVICE.get(error.name)
    if advice:
        message += f": {advice.format(**shown)}"
    return ContractRefused(message, error.name, tuple(fields.values()))


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
