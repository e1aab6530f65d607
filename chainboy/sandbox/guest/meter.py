"""Builds the fuel meter into the artifact, where it costs a tenth of what the engine's own would.

Rule: protocol, section 6 "Outcome" (fuel is exact, a function of artifact, program, input and data). The
meter stands wherever a run could go on without end: at the head of every loop, in every function that
can be part of a recursion or is longer than :data:`MOST`, and before every copy or fill of memory.
Passing it takes the number of bytes, or of the instructions that follow there: all of them where there
is one way through them only (a hash function's round), else their mean between two branches, and
no less than :data:`MOST` if there are as many. What is between two
meters is bounded by the artifact, whatever the program does.

The host gives fuel in slices: when one is used up, the artifact asks for the next (:data:`METER`), and
the host may look at the clock. It answers with a negative number to end the run.
"""

from __future__ import annotations

from . import wasm
from .stackguard import recursive
from .wasm import read, sleb, uleb

MOST = 64
"""Most fuel that a loop's round or a function's entry takes if there are several ways through it."""
SMALL = 256
"""Most bytes of a copy or fill of fixed size that goes unmetered."""
METER = """(module
  (import "chainboy" "slice" (func $slice (param i64) (result i64)))
  (import "{module}" "{memory}" (memory 1))
  (global $fuel (export "fuel") (mut i64) (i64.const 0))
  (func $next (export "next")
    (global.set $fuel (call $slice (global.get $fuel)))
    (if (i64.lt_s (global.get $fuel) (i64.const 0)) (then unreachable)))
  (func $pay (param $bytes i32)
    (global.set $fuel (i64.sub (global.get $fuel) (i64.extend_i32_u (local.get $bytes))))
    (if (i64.lt_s (global.get $fuel) (i64.const 0)) (then (call $next))))
  (func (export "copy") (param i32 i32 i32)
    (call $pay (local.get 2))
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32)
    (call $pay (local.get 2))
    (memory.fill (local.get 0) (local.get 1) (local.get 2))))"""
"""The module that holds the meter, as text; to be merged into the one that :func:`meter_module` takes."""
EXPORTS = ("fuel", "next", "copy", "fill")
"""What the module must export of it."""

_CONST, _LOOP, _END, _PREFIX = 0x41, 0x03, 0x0B, 0xFC
_BRANCHES = (0x04, 0x0D, 0x0E)
_OPENERS = (0x02, 0x03, 0x04)
_BULK = {10: "copy", 11: "fill"}


def meter_module(data: bytes) -> bytes:
    """The core module ``data``, metered."""
    parts = list(wasm.sections(data))
    by_kind = {part.kind: part.body for part in parts if part.kind != wasm.CUSTOM}
    imported = sum(entry.kind == 0 for entry in wasm.imports(by_kind.get(wasm.IMPORT, b"\0")))
    meter = {entry.name: entry.number for entry in wasm.exports(by_kind[wasm.EXPORT])}
    own = {meter[name] - imported for name in EXPORTS[1:]}
    bodies = list(wasm.vector(by_kind[wasm.CODE]))
    endless = recursive(bodies, imported)
    for number, body in enumerate(bodies):
        if number not in own:
            bodies[number] = _metered(body, meter, entry=number in endless)
    rebuilt = [wasm.code_section(bodies) if part.kind == wasm.CODE else part for part in parts]
    return wasm.join(wasm.MODULE_HEADER, rebuilt)


def _metered(body: bytes, meter: dict[str, int], *, entry: bool) -> bytes:
    start = wasm.code_start(body)
    outside, *rounds = _costs(body, start)
    out = [_take(outside, meter)] if entry or outside > MOST else []
    copied, size = start, -1
    for opcode, at, end in wasm.instructions(body, start):
        if opcode == _LOOP:
            out += [body[copied:end], _take(rounds.pop(0), meter)]
            copied = end
        elif opcode == _PREFIX and not 0 <= size <= SMALL:
            bulk = _BULK.get(read(body, at + 1)[0])
            if bulk:
                out += [body[copied:at], b"\x10", uleb(meter[bulk])]
                copied = end
        size = wasm.read_signed(body, at + 1) if opcode == _CONST else -1
    return body[:start] + b"".join([*out, body[copied:]])


def _costs(body: bytes, start: int) -> list[int]:
    """Of what is outside of loops, then of each loop without the loops in it."""
    sizes, branches, inside = [0], [0], [0]
    for opcode, _, _ in wasm.instructions(body, start):
        sizes[inside[-1]] += 1
        branches[inside[-1]] += opcode in _BRANCHES
        if opcode == _LOOP:
            inside.append(len(sizes))
            sizes.append(0)
            branches.append(0)
        elif opcode in _OPENERS:
            inside.append(inside[-1])
        elif opcode == _END:
            inside.pop()
    # A loop's own way back is one branch.
    return [
        size if many <= (number > 0) else max(MOST, size // (many + 1)) if size > MOST else size
        for number, (size, many) in enumerate(zip(sizes, branches, strict=True))
    ]


def _take(fuel: int, meter: dict[str, int]) -> bytes:
    load, store = b"\x23" + uleb(meter["fuel"]), b"\x24" + uleb(meter["fuel"])
    less = load + b"\x42" + sleb(fuel) + b"\x7d" + store
    return less + load + b"\x42\x00\x53\x04\x40\x10" + uleb(meter["next"]) + b"\x0b"  # if negative: next
