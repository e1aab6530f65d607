"""Makes the artifact's own recursion limit come before the native stack's end, and file look-ups fail softly.

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
from .wasm import Section, read, sleb, uleb

PAD = 32
"""Least stack in linear memory, in bytes, of a function that may recurse. A multiple of 16."""
FLOOR = 4096
"""Lowest stack pointer that a padded function accepts; the stack grows down to 0."""

_CUSTOM, _TYPE, _IMPORT, _FUNCTION, _CODE = 0, 1, 2, 3, 10
_CALL, _CALL_INDIRECT, _RETURN, _END = 0x10, 0x11, 0x0F, 0x0B
_OPENERS = (0x02, 0x03, 0x04)
_NO_DIRECTORIES = "filesystem_preopens_get_directories"
# (out: pointer) -> (): the empty list.
_EMPTY_LIST = bytes.fromhex("00 2000 4200 370200 0b")


def guard_component(data: bytes) -> bytes:
    """The component ``data`` with all its core modules guarded and without its debugging names."""
    parts = [_guarded(part) for part in wasm.sections(data) if part.kind != _CUSTOM]
    return wasm.join(wasm.COMPONENT_HEADER, parts)


def _guarded(part: Section) -> Section:
    if part.kind == 1:
        module = wasm.sections(guard_module(part.body))
        named = [section for section in module if section.kind != _CUSTOM]
        return Section(part.kind, wasm.join(wasm.MODULE_HEADER, named))
    if part.kind == 4:
        return Section(part.kind, guard_component(part.body))
    return part


def guard_module(data: bytes) -> bytes:
    """The core module ``data`` with its recursive functions padded; as it was if it has no linear stack."""
    parts = list(wasm.sections(data))
    by_kind = {part.kind: part.body for part in parts if part.kind != _CUSTOM}
    functions, pointer = _imports(by_kind.get(_IMPORT, b"\0"))
    if pointer is None or _CODE not in by_kind:
        return data
    types = list(_results(by_kind[_TYPE]))
    results = [types[number] for number in _numbers(by_kind[_FUNCTION])]
    bodies = list(wasm.vector(by_kind[_CODE]))
    soft = _named(parts, _NO_DIRECTORIES)
    recursive = _recursive(bodies, functions)
    for number, body in enumerate(bodies):
        if number + functions == soft:
            bodies[number] = _EMPTY_LIST
        elif number in recursive:
            bodies[number] = _guard(body, pointer, results[number])
    code = uleb(len(bodies)) + b"".join(uleb(len(body)) + body for body in bodies)
    rebuilt = [Section(_CODE, code) if part.kind == _CODE else part for part in parts]
    return wasm.join(wasm.MODULE_HEADER, rebuilt)


def _guard(body: bytes, pointer: int, results: bytes) -> bytes:
    locals_end = _code_start(body)
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


def _recursive(bodies: list[bytes], imported: int) -> set[int]:
    calls: list[list[int]] = []
    found = set()
    for number, body in enumerate(bodies):
        direct = set()
        for opcode, at, _ in wasm.instructions(body, _code_start(body)):
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
    head = wasm.instructions(body, _code_start(body))
    first = [next(head, (_END, 0, 0)) for _ in range(3)]
    if [opcode for opcode, _, _ in first] != [0x23, 0x41, 0x6B] or read(body, first[0][1] + 1)[0] != pointer:
        return 0
    return read(body, first[1][1] + 1)[0] & 0x7FFFFFFF


def _code_start(body: bytes) -> int:
    """Where the code of a function starts, behind its locals."""
    groups, at = read(body, 0)
    for _ in range(groups):
        _, at = read(body, at)
        at += 1
    return at


def _imports(body: bytes) -> tuple[int, int | None]:
    """How many functions are imported, and which global is the stack pointer."""
    count, at = read(body, 0)
    functions = globals_ = 0
    pointer = None
    for _ in range(count):
        size, at = read(body, at)
        at += size
        size, at = read(body, at)
        name = body[at : at + size]
        kind, at = body[at + size], at + size + 1
        if kind == 0:
            functions += 1
            _, at = read(body, at)
        elif kind == 3:
            pointer = globals_ if name == b"__stack_pointer" else pointer
            globals_ += 1
            at += 2
        else:  # a table (after its element type) or a memory: limits
            at += kind == 1
            bounded = body[at] & 1
            _, at = read(body, at + 1)
            if bounded:
                _, at = read(body, at)
    return functions, pointer


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


def _named(parts: list[Section], wanted: str) -> int | None:
    """The index of the function of this name, by the module's name section."""
    for part in parts:
        if part.kind == _CUSTOM and part.body.startswith(b"\4name"):
            at = 5
            while at < len(part.body):
                kind = part.body[at]
                size, at = read(part.body, at + 1)
                if kind == 1:
                    return _function_named(part.body[at : at + size], wanted.encode())
                at += size
    return None


def _function_named(names: bytes, wanted: bytes) -> int | None:
    count, at = read(names, 0)
    for _ in range(count):
        number, at = read(names, at)
        size, at = read(names, at)
        if names[at : at + size] == wanted:
            return number
        at += size
    return None
