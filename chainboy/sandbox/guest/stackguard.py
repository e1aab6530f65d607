"""Makes the artifact's own recursion limit come before the native stack's end.

Rule: protocol, section 6 "Outcome" (native stack exhaustion must not decide an outcome). CPython measures
how deep it is by its stack in linear memory, but most of its functions keep their variables in
WebAssembly locals and take none of that stack: a nested list, its repr or its deallocation would exhaust
the *native* stack first, at a depth that depends on the machine. So every function that can be part of
a recursion is made to take at least :data:`PAD` bytes of the linear stack. CPython's own checks then
see the depth (``RecursionError``), and where CPython checks nothing, going below :data:`FLOOR` traps.
Both are functions of the artifact alone.

A function can be part of a recursion if it calls through a table, or if it can reach itself by
direct calls: each cycle of calls has such a function in it.
"""
# ruff: noqa: PLR2004 (kinds of sections and imports, as the specification numbers them)

from __future__ import annotations

from collections.abc import Iterator

from . import wasm
from .wasm import read, sleb, uleb

PAD = 32
"""Least stack in linear memory, in bytes, of a function that may recurse. A multiple of 16."""
FLOOR = 4096
"""Lowest stack pointer that a padded function accepts; the stack grows down to 0."""

_CALL, _CALL_INDIRECT, _RETURN, _END = 0x10, 0x11, 0x0F, 0x0B
_OPENERS = (0x02, 0x03, 0x04)
_POINTER = "__stack_pointer"


def guard_module(data: bytes) -> bytes:
    """The core module ``data`` with its recursive functions padded; as it was if it has no linear stack."""
    parts = list(wasm.sections(data))
    by_kind = {part.kind: part.body for part in parts if part.kind != wasm.CUSTOM}
    functions, pointer = _surroundings(by_kind)
    if pointer is None or wasm.CODE not in by_kind:
        return data
    types = list(_results(by_kind[wasm.TYPE]))
    results = [types[number] for number in _numbers(by_kind[wasm.FUNCTION])]
    bodies = list(wasm.vector(by_kind[wasm.CODE]))
    for number in recursive(bodies, functions):
        bodies[number] = _guard(bodies[number], pointer, results[number])
    rebuilt = [wasm.code_section(bodies) if part.kind == wasm.CODE else part for part in parts]
    return wasm.join(wasm.MODULE_HEADER, rebuilt)


def _guard(body: bytes, pointer: int, results: bytes) -> bytes:
    locals_end = wasm.code_start(body)
    load, store = b"\x23" + uleb(pointer), b"\x24" + uleb(pointer)
    check = load + b"\x41" + sleb(FLOOR) + b"\x48\x04\x40\x00\x0b"  # if lower: unreachable
    if _frame(body, pointer) >= PAD:
        return body[:locals_end] + check + body[locals_end:]
    if len(results) > 1:
        raise ValueError("functions with several results are not handled")
    take = load + b"\x41" + sleb(PAD) + b"\x6b" + store
    give_back = load + b"\x41" + sleb(PAD) + b"\x6a" + store
    inner = b"\x02" + (results or b"\x40") + _returns_as_branches(body, locals_end)
    return body[:locals_end] + take + check + inner + give_back + b"\x0b"


def _returns_as_branches(body: bytes, start: int) -> bytes:
    out, copied, depth = [], start, 0
    for opcode, at, end in wasm.instructions(body, start):
        if opcode in _OPENERS:
            depth += 1
        elif opcode == _END:
            depth -= 1
        elif opcode == _RETURN:
            out += [body[copied:at], b"\x0c", uleb(depth)]
            copied = end
    return b"".join([*out, body[copied:]])


def recursive(bodies: list[bytes], imported: int) -> set[int]:
    """The functions that may be part of a recursion: at least one of every cycle of calls."""
    calls: list[list[int]] = []
    found = set()
    for number, body in enumerate(bodies):
        direct = set()
        for opcode, at, _ in wasm.instructions(body, wasm.code_start(body)):
            if opcode == _CALL:
                target = read(body, at + 1)[0] - imported
                if target >= 0:
                    direct.add(target)
                else:
                    found.add(number)  # another module may call back
            elif opcode == _CALL_INDIRECT:
                found.add(number)
        calls.append(sorted(direct))
    # What is left must be without cycles once the functions found are taken out.
    for cycle in _cycles(calls, found):
        found |= cycle
    return found


def _cycles(calls: list[list[int]], without: set[int]) -> Iterator[set[int]]:  # noqa: C901 - one algorithm
    """Strongly connected functions (Tarjan's algorithm), those of one function only if it calls itself."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    for root in range(len(calls)):
        if root in order or root in without:
            continue
        work = [(root, iter(calls[root]))]
        while work:
            node, targets = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
                waiting.add(node)
            for target in targets:
                if target in without:
                    continue
                if target not in order:
                    work.append((target, iter(calls[target])))
                    break
                if target in waiting:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    group = set(stack[stack.index(node) :])
                    del stack[-len(group) :]
                    waiting -= group
                    if len(group) > 1 or node in calls[node]:
                        yield group


def _frame(body: bytes, pointer: int) -> int:
    """What the function takes of the linear stack, by the compiler's own prologue; 0 if it has none."""
    head = wasm.instructions(body, wasm.code_start(body))
    first = [next(head, (_END, 0, 0)) for _ in range(3)]
    if [opcode for opcode, _, _ in first] != [0x23, 0x41, 0x6B] or read(body, first[0][1] + 1)[0] != pointer:
        return 0
    return read(body, first[1][1] + 1)[0] & 0x7FFFFFFF


def _surroundings(by_kind: dict[int, bytes]) -> tuple[int, int | None]:
    """How many functions are imported, and which global is the stack pointer."""
    found = list(wasm.imports(by_kind.get(wasm.IMPORT, b"\0")))
    functions = sum(entry.kind == 0 for entry in found)
    globals_ = [entry.name for entry in found if entry.kind == 3]
    if _POINTER in globals_:
        return functions, globals_.index(_POINTER)
    exported = {entry.name: entry.number for entry in wasm.exports(by_kind.get(wasm.EXPORT, b"\0"))}
    return functions, exported.get(_POINTER)


def _numbers(body: bytes) -> list[int]:
    count, at = read(body, 0)
    numbers = []
    for _ in range(count):
        number, at = read(body, at)
        numbers.append(number)
    return numbers


def _results(types: bytes) -> Iterator[bytes]:
    """The result types of each function type."""
    count, at = read(types, 0)
    for _ in range(count):
        if types[at] != 0x60:
            raise ValueError("only function types are handled")
        parameters, at = read(types, at + 1)
        many, at = read(types, at + parameters)
        yield types[at : at + many]
        at += many
