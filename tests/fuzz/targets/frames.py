"""What comes out of an interpreter that a program has bent: memory, an answer's JSON, an outcome's bytes."""

from __future__ import annotations

import json
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from fuzz.target import Target, text_of, words

from chainboy.consensus.outcome import MAX_OUTCOME, Outcome, Status
from chainboy.errors import EncodingError
from chainboy.sandbox import exchange
from chainboy.sandbox.answer import MAX_LOG, judge
from chainboy.sandbox.instance import Instance

SHAPE = ["uint8", "uint64", "bytes"]
OUTCOMES = tuple(
    encode(SHAPE, fields)
    for fields in [(0, 5, bytes(64)), (1, 2**64 - 1, b"ValueError"), (2, 9, b""), (3, 0, b"")]
)
ANSWERS = (b'[0, "", "log"]', b'[1, "ValueError", "\\ud800"]', json.dumps([0, "\xff" * 32, ""]).encode())


def is_sound(outcome: Outcome) -> bool:
    """Any outcome that a host names can be committed to, and is of a documented form."""
    data = outcome.encode()
    assert len(data) <= MAX_OUTCOME
    assert Outcome.decode(data) == outcome
    payload = outcome.payload
    return {
        Status.OK: len(payload) % 32 == 0,
        Status.RAISED: 0 < len(payload) <= 64 and payload.isascii(),
        Status.OUT_OF_FUEL: payload == b"",
        Status.ABORTED: payload == b"",
    }[outcome.status]


def check_outcome(data: bytes) -> bool:
    """Bytes are an outcome exactly if eth-abi reads one there and writes the same."""
    try:
        fields = decode(SHAPE, data)
        known = fields[0] in set(Status) and len(data) <= MAX_OUTCOME
        wanted = known and encode(SHAPE, fields) == data
    except (DecodingError, OverflowError):
        wanted = False
    try:
        outcome = Outcome.decode(data)
    except EncodingError:
        assert not wanted
        return False
    assert wanted
    assert (outcome.status, outcome.fuel, outcome.payload) == fields
    return True


def check_answer(data: bytes) -> bool:
    """Whatever a child process writes, the host has an outcome and a bounded log."""
    outcome, log = exchange.outcome(data)
    assert is_sound(outcome)
    assert log.encode().decode() == log
    return outcome.status is not Status.ABORTED


class Memory:
    """An instance's memory as the program left it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def data_len(self, _store: object) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, _store: object, start: int, stop: int) -> bytes:
        """As the engine's binding slices."""
        return self.data[start:stop]

    def write(self, _store: object, _data: bytes, _at: int) -> None:
        """The question is not looked at."""


def check_memory(data: bytes) -> bool:
    """Wherever the entry points to, and whatever is there, the host reads an answer and judges it."""
    instance: Any = object.__new__(Instance)
    at = int.from_bytes(data[:4], "little", signed=True)
    instance._store, instance._memory = None, Memory(data[4:])
    instance._run, instance._realloc = lambda *_: at, lambda *_: 0
    answer = instance.run("", "", [], [])
    assert 0 <= answer.status <= 0xFF
    assert len(answer.logs) <= 4 * MAX_LOG
    outcome = judge(answer.status, answer.payload, 5)
    assert is_sound(outcome)
    return outcome.status is not Status.ABORTED


def frame(at: int, *words: int, tail: bytes) -> bytes:
    """A pointer, then memory that begins with words."""
    return at.to_bytes(4, "little", signed=True) + b"".join(w.to_bytes(4, "little") for w in words) + tail


def check_judge(data: bytes) -> bool:
    """Any number and text are an outcome."""
    outcome = judge(data[0] if data else 0, text_of(data[1:]), len(data))
    assert is_sound(outcome)
    return outcome.status is not Status.ABORTED


TARGETS = (
    Target(name="outcome", check=check_outcome, seeds=OUTCOMES),
    Target(
        name="answer",
        check=check_answer,
        seeds=ANSWERS,
        tokens=(
            *words(r"""
        NaN Infinity 1e999 null " \\u0000 true -1
    """),
            b"[" * 3000,
            b"9" * 5000,
        ),
    ),
    Target(
        name="memory",
        check=check_memory,
        seeds=(
            frame(0, 0, 20, 32, 52, 3, tail=bytes(32) + b"log"),
            frame(0, 1, 20, 10, 30, 0, tail=b"ValueError"),
            frame(-4, 0, 0, 0, 0, 0, tail=b""),
        ),
        tokens=tuple(n.to_bytes(4, "little") for n in (0, 1, 64, 896, 897, 2**31, 2**32 - 1, 131_072)),
    ),
    Target(
        name="judge", check=check_judge, seeds=(b"\x00" + bytes(32), b"\x01KeyError", b"\x01" + b"\xc3\xbf")
    ),
)
