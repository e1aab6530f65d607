"""The rewriting of the artifact: the same results, an even stack pointer, and a limit that comes first."""

from __future__ import annotations

import pytest
from wasmtime import Config, Engine, Global, GlobalType, Instance, Module, Store, Trap, Val, ValType, wat2wasm

from chainboy.sandbox.guest import stackguard, wasm
from chainboy.sandbox.guest.stackguard import PAD, guard_module

TOP = 1 << 18
MODULE = """(module
  (import "env" "__stack_pointer" (global $sp (mut i32)))
  (import "env" "other" (global $other i32))
  (table 1 funcref) (elem (i32.const 0) $deep)
  (type $unary (func (param i32) (result i32)))
  (func $deep (export "deep") (param $n i32) (result i32) (local $x i64) (local $y f64)
    (if (i32.eqz (local.get $n)) (then (return (global.get $sp))))
    (block (loop (br_if 1 (i32.gt_s (local.get $n) (i32.const 0))) (br 0)))
    (call_indirect (type $unary) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0)))
  (func $fact (export "fact") (param $n i64) (result i64)
    (if (result i64) (i64.le_s (local.get $n) (i64.const 1))
      (then (br 1 (i64.const 1)))
      (else (i64.mul (local.get $n) (call $fact (i64.sub (local.get $n) (i64.const 1)))))))
  (func $ping (export "ping") (param $n i32)
    (if (i32.eqz (local.get $n)) (then return)) (call $pong (i32.sub (local.get $n) (i32.const 1))))
  (func $pong (param $n i32) (call $ping (local.get $n)))
  (func $framed (export "framed") (param $n i32) (result i32) (local $f i32)
    global.get $sp i32.const 64 i32.sub local.tee $f global.set $sp
    (if (local.get $n) (then (drop (call $framed (i32.sub (local.get $n) (i32.const 1))))))
    local.get $f i32.const 64 i32.add global.set $sp
    (local.get $f)))"""


class Machine:
    """An instance of the module, guarded or not, with a linear stack of 256 KiB and a native one of 1 MiB."""

    def __init__(self, code: bytes) -> None:
        config = Config()
        config.max_wasm_stack = 1 << 20
        self.store = Store(Engine(config))
        kind = GlobalType(ValType.i32(), True)
        self.pointer = Global(self.store, kind, Val.i32(TOP))
        other = Global(self.store, GlobalType(ValType.i32(), False), Val.i32(0))
        self.exports = Instance(self.store, Module(self.store.engine, code), [self.pointer, other]).exports(
            self.store
        )

    def call(self, name: str, argument: int) -> int | None:
        """One call; the stack pointer must be where it was."""
        found: int | None = self.exports[name](self.store, argument)  # type: ignore[operator]
        assert self.pointer.value(self.store) == TOP
        return found


@pytest.fixture(scope="module")
def plain() -> bytes:
    """The module as a compiler leaves it."""
    return bytes(wat2wasm(MODULE))


def test_results_stay_the_same(plain: bytes) -> None:
    """Early returns, branches out of the function and results survive the wrapping."""
    before, after = Machine(plain), Machine(guard_module(plain))
    for name, arguments in {"fact": (0, 1, 5, 20), "ping": (0, 9), "framed": (0, 3)}.items():
        for argument in arguments:
            assert after.call(name, argument) == before.call(name, argument)


def test_depth_is_seen_on_the_linear_stack(plain: bytes) -> None:
    """Each level of a recursion takes PAD bytes that an unguarded one does not."""
    assert Machine(plain).call("deep", 10) == TOP
    assert Machine(guard_module(plain)).call("deep", 10) == TOP - 11 * PAD


@pytest.mark.parametrize("name", ["deep", "fact", "ping", "framed"])
def test_the_linear_stack_ends_first(plain: bytes, name: str) -> None:
    """Endless recursion exhausts the native stack without the guard, and traps at the floor with it."""
    depth = 10**6
    with pytest.raises(Trap, match="call stack exhausted"):
        Machine(plain).call(name, depth)
    with pytest.raises(Trap, match="unreachable"):
        Machine(guard_module(plain)).call(name, depth)


def test_functions_that_cannot_recurse_are_left_alone() -> None:
    """No cost where there is no cycle, and none in modules without a linear stack."""
    flat = bytes(
        wat2wasm(
            """(module (import "env" "__stack_pointer" (global (mut i32)))
            (func $leaf (result i32) i32.const 1) (func (result i32) call $leaf))"""
        )
    )
    assert guard_module(flat) == flat
    bare = bytes(wat2wasm("(module (func $f call $f))"))
    assert guard_module(bare) == bare


def test_the_pointer_may_be_the_module_s_own(plain: bytes) -> None:
    """In one module for all, the pointer is no import but an export."""
    text = MODULE.replace('(import "env" "__stack_pointer" (global $sp (mut i32)))', "").replace(
        "(table 1", f'(global $sp (export "__stack_pointer") (mut i32) (i32.const {TOP})) (table 1'
    )
    store = Store()
    module = Module(store.engine, guard_module(bytes(wat2wasm(text))))
    other = Global(store, GlobalType(ValType.i32(), False), Val.i32(0))
    exports = Instance(store, module, [other]).exports(store)
    assert exports["deep"](store, 10) == Machine(guard_module(plain)).call("deep", 10)  # type: ignore[operator]


def test_numbers_round_trip() -> None:
    """LEB128 as the specification has it."""
    for number in (0, 1, 127, 128, 300, 2**32 - 1):
        assert wasm.read(wasm.uleb(number), 0) == (number, len(wasm.uleb(number)))
    assert [wasm.sleb(number) for number in (-1, 63, 64, -65, 4096)] == [
        b"\x7f",
        b"\x3f",
        b"\xc0\x00",
        b"\xbf\x7f",
        b"\x80\x20",
    ]


def test_what_is_not_known_is_refused() -> None:
    """An unknown instruction or several results stop the build."""
    with pytest.raises(ValueError, match="0xfd"):
        list(wasm.instructions(b"\xfd\x0c", 0))
    with pytest.raises(ValueError, match="several results"):
        stackguard._guard(b"\0\x0b", 0, b"\x7f\x7f")
    with pytest.raises(ValueError, match="function types"):
        list(stackguard._results(b"\1\x5f"))
