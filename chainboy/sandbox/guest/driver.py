"""One run of a program, from bytes to a status and a payload.

Rule: protocol, section 6 "Outcome". A program shares this interpreter: it may bend its own outcome as it
likes, and whatever it does is repeated by every node. What it returns is judged again by the host.
"""

from __future__ import annotations

import hashlib
import random
import sys
import types
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import codec, logs, metadata

OK, RAISED = 0, 1
MAX_NAME = 64
MAX_PAYLOAD = 896
"""Most bytes of a payload: with its status, fuel, offset and length the outcome is then 1,024 bytes."""
MODULE = "program"
FILENAME = "program.py"


class Answer(NamedTuple):
    """What the host turns into an outcome, and the log."""

    status: int
    payload: bytes
    logs: str


def run(program: bytes, data: bytes, files: Mapping[str, bytes], values: Mapping[str, int]) -> Answer:
    """Run ``main`` of ``program`` on the ABI-encoded arguments in ``data``."""
    # Known before a task exists, so that a local run names the exact fuel.
    random.seed(hashlib.sha256(program + data).digest())
    chainboy = sys.modules["chainboy"]
    chainboy.files = types.MappingProxyType(dict(files))  # type: ignore[attr-defined]
    chainboy.values = types.MappingProxyType(dict(values))  # type: ignore[attr-defined]
    log = logs.capture()
    try:
        payload = _run(program, data)
    except _Refused as refusal:
        log.note(f"{refusal.name}: {refusal}")
        return Answer(RAISED, refusal.name.encode(), log.text())
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are results, too
        name = exception_name(error)
        log.note(logs.describe(error, name, FILENAME))
        return Answer(RAISED, name.encode(), log.text())
    return Answer(OK, payload, log.text())


def exception_name(error: BaseException) -> str:
    """The class name that an outcome carries: ASCII, 1 to 64 bytes, else ``Exception``."""
    # Past any metaclass: the name as the interpreter keeps it.
    name: str = type.__dict__["__name__"].__get__(type(error))
    return name if name.isascii() and 0 < len(name) <= MAX_NAME else "Exception"


class _Refused(Exception):
    """A failure that the runtime names, not the program."""

    def __init__(self, name: str, reason: object) -> None:
        super().__init__(str(reason))
        self.name = name


def _run(program: bytes, data: bytes) -> bytes:
    try:
        source = program.decode()
        inputs, outputs = metadata.signature(source)
    except UnicodeDecodeError:
        raise _Refused("ProgramError", "the program is not UTF-8 text") from None
    except metadata.BlockError as error:
        raise _Refused("ProgramError", error) from None
    try:
        arguments = codec.decode(inputs, data)
    except codec.AbiError as error:
        raise _Refused("InputError", error) from None
    result = _load(source)(*arguments)
    return _payload(outputs, result)


def _load(source: str) -> Any:
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    exec(compile(source, FILENAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the purpose
    main = module.__dict__.get("main")
    if main is None:
        raise _Refused("ProgramError", "the program has no function main")
    return main


def _payload(outputs: list[codec.AbiType], result: Any) -> bytes:
    try:
        payload = codec.encode(outputs, _results(outputs, result))
    except codec.AbiError as error:
        raise _Refused("OutputError", f"the return value does not fit: {error}") from None
    if len(payload) > MAX_PAYLOAD:
        raise _Refused("OutputError", f"the return value has {len(payload)} bytes of {MAX_PAYLOAD}")
    return payload


def _results(outputs: list[codec.AbiType], result: Any) -> list[Any]:
    if len(outputs) == 1:
        return [result]
    if not outputs and result is None:
        return []
    return codec.items_of(result)
