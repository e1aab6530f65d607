"""One instance of the artifact: what goes in, what comes out, and the fuel and time it may take.

Text crosses the border as UTF-8 in the instance's memory, by the rules of the Component Model's canonical
ABI: strings and lists are a pointer and a length. After the program has run nothing in that memory is
trusted.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from chainboy.consensus.outcome import Status
from chainboy.errors import SandboxError
from chainboy.sandbox.answer import MAX_LOG
from chainboy.sandbox.guest.driver import MAX_PAYLOAD

if TYPE_CHECKING:
    from wasmtime import Module, Store

SLICE = 1 << 28
"""Fuel given at a time, a few hundredths of a second: the clock is looked at between two slices."""
_POINTER = 4
_UTF8 = 4
"""Most bytes of a character."""
_ADDRESSES = 1 << 32


class Ended(Enum):
    """Why the host gave a run no more fuel."""

    FUEL = "its limit"
    TIME = "the clock"


@attrs.define
class Allowance:
    """The fuel of one run, given in slices until it or the time is used up."""

    limit: int
    deadline: float
    """On the monotonic clock, in seconds."""
    given: int = attrs.field(init=False)
    ended: Ended | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.given = min(SLICE, self.limit)

    def more(self, left: int) -> int:
        """What an instance has from now on, that had ``left`` (negative: it is in debt); -1 ends the run.

        It never raises: the engine's binding keeps a callback's exception for whichever thread is first.
        """
        if self.used(left) >= self.limit:
            self.ended = Ended.FUEL
        elif time.monotonic() > self.deadline:
            self.ended = Ended.TIME
        if self.ended is not None:
            return -1
        more = min(SLICE - left, self.limit - self.given)
        self.given += more
        return left + more

    def used(self, left: int) -> int:
        """What was used when the instance has ``left``."""
        return self.given - left


class Answer(NamedTuple):
    """What the artifact's entry returned, not yet judged; ABORTED if it is not of this shape."""

    status: int
    payload: str
    logs: str


class Instance:
    """A fresh instance of ``module`` that takes its fuel from ``allowance``."""

    def __init__(self, store: Store, module: Module, allowance: Allowance) -> None:
        from wasmtime import Func, FuncType, ValType  # noqa: PLC0415 - heavy
        from wasmtime import Instance as Engines  # noqa: PLC0415

        kind = FuncType([ValType.i64()], [ValType.i64()])
        self._store, self._allowance = store, allowance
        exports: Any = Engines(store, module, [Func(store, kind, allowance.more)]).exports(store)
        try:
            self._run, self._realloc = exports["run"], exports["realloc"]
            self._memory, self._fuel = exports["memory"], exports["fuel"]
        except KeyError as error:
            raise SandboxError(f"the artifact has no {error}; install it again") from None
        self._fuel.set_value(store, allowance.given)

    def used(self) -> int:
        """The fuel used so far, also after a trap."""
        return self._allowance.used(self._fuel.value(self._store))

    def memory(self) -> int:
        """Bytes of linear memory, which only grows: the most that the run had."""
        size: int = self._memory.data_len(self._store)
        return size

    def run(
        self, program: str, data: str, files: list[tuple[str, str]], values: list[tuple[str, str]]
    ) -> Answer:
        """The artifact's answer; raises :class:`wasmtime.Trap` if it traps."""
        given = [*self._text(program), *self._text(data), *self._pairs(files), *self._pairs(values)]
        at = self._run(self._store, *given) % _ADDRESSES
        try:
            # (u8, string, string), each at a multiple of a pointer's size.
            status, *where = self._words(self._read(at, 5 * _POINTER, MAX_PAYLOAD))
            payload = self._read(where[0], where[1], _UTF8 * MAX_PAYLOAD).decode()
            logs = self._read(where[2], min(where[3], _UTF8 * MAX_LOG), _UTF8 * MAX_LOG)
        except ValueError:
            return Answer(Status.ABORTED, "", "")
        return Answer(status & 0xFF, payload, logs.decode("utf-8", "replace"))

    def _read(self, at: int, size: int, most: int) -> bytes:
        if size > most or at + size > self.memory():
            raise ValueError("not within the memory")
        return bytes(self._memory.read(self._store, at, at + size))

    @staticmethod
    def _words(data: bytes) -> list[int]:
        return [int.from_bytes(data[i : i + _POINTER], "little") for i in range(0, len(data), _POINTER)]

    def _text(self, text: str) -> tuple[int, int]:
        data = text.encode()
        return self._put(data, 1), len(data)

    def _pairs(self, pairs: list[tuple[str, str]]) -> tuple[int, int]:
        words = [word for pair in pairs for text in pair for word in self._text(text)]
        data = b"".join(word.to_bytes(_POINTER, "little") for word in words)
        return self._put(data, _POINTER), len(pairs)

    def _put(self, data: bytes, alignment: int) -> int:
        at: int = self._realloc(self._store, 0, 0, alignment, len(data)) % _ADDRESSES
        self._memory.write(self._store, data, at)
        return at
