"""The meter in the artifact: what passes it, what it takes, and that it changes nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from wasmtime import Func, FuncType, Instance, Module, Store, Trap, ValType, wat2wasm

from chainboy.sandbox.guest.meter import METER, MOST, SMALL, meter_module

# The meter's own module, with the memory its own, so that nothing is left to merge.
OWN = METER.removesuffix(")").replace('(import "{module}" "{memory}" (memory 1))', '(memory (export "m") 2)')
MODULE = (
    OWN
    + f"""
  (func (export "rounds") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n))
      (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "long") (param $n i32) (result i32)
    (loop $again {"(drop (i32.const 0))" * 100}
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n))
  (func (export "forked") (param $n i32) (result i32)
    (loop $again (if (local.get $n) (then {"(drop (i32.const 0))" * 100}))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $n))
  (func (export "flat") (param $n i32) (result i32) (i32.mul (local.get $n) (local.get $n)))
  (func (export "move") (param $n i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (local.get $n))
    (memory.copy (i32.const 60000) (i32.const 0) (local.get $n))
    (i32.load8_u (i32.add (i32.const 59999) (local.get $n))))
  (func (export "small") (param $n i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (i32.const {SMALL}))
    (i32.load8_u (local.get $n))))"""
)


class Machine:
    """An instance that was given some fuel and gets more when it asks."""

    def __init__(self, code: bytes, fuel: int, more: int = -1) -> None:
        self.store, self.asked = Store(), list[int]()
        kind = FuncType([ValType.i64()], [ValType.i64()])

        def slice_(left: int) -> int:
            self.asked.append(left)
            return left + more if more > 0 else -1

        instance = Instance(self.store, Module(self.store.engine, code), [Func(self.store, kind, slice_)])
        exports: Any = instance.exports(self.store)
        self.exports: dict[str, Any] = exports
        self.exports["fuel"].set_value(self.store, fuel)

    def call(self, name: str, argument: int) -> tuple[int, int]:
        """The result and the fuel it took."""
        before = self.exports["fuel"].value(self.store)
        result = self.exports[name](self.store, argument)
        return result, before - self.exports["fuel"].value(self.store)


@pytest.fixture(scope="module")
def metered() -> bytes:
    """The module with the meter built in."""
    return meter_module(bytes(wat2wasm(MODULE)))


@pytest.mark.parametrize("name", ["rounds", "fib", "long", "forked", "flat", "move", "small"])
def test_results_stay_the_same(metered: bytes, name: str) -> None:
    """The meter is not seen by what it meters."""
    plain = Machine(bytes(wat2wasm(MODULE)), 0)
    for argument in (1, 2, 13):
        assert Machine(metered, 10**6).call(name, argument)[0] == plain.call(name, argument)[0]


def test_a_round_takes_its_instructions(metered: bytes) -> None:
    """Nine instructions and the loop's end, each time round."""
    machine = Machine(metered, 10**6)
    _, one = machine.call("rounds", 1)
    assert one == 10
    assert machine.call("rounds", 1000)[1] == 1000 * one


def test_a_long_round_takes_all_its_instructions(metered: bytes) -> None:
    """There is one way through a hash function's round: all of it counts, and the loop's six."""
    assert Machine(metered, 10**6).call("long", 7)[1] == 7 * (200 + 6)


def test_a_round_of_many_ways_takes_the_mean_of_one(metered: bytes) -> None:
    """Of 209 instructions between two branches, the loop's own one of them, a third is on a way through."""
    assert Machine(metered, 10**6).call("forked", 7)[1] == 7 * (209 // 3)
    assert MOST < 209 // 3


def test_every_call_of_a_recursive_function_is_counted(metered: bytes) -> None:
    """As many entries as calls: a reference counts them."""

    def calls(n: int) -> int:
        return 1 if n < 2 else 1 + calls(n - 1) + calls(n - 2)

    machine = Machine(metered, 10**6)
    _, one = machine.call("fib", 0)
    assert one > 0
    assert machine.call("fib", 15)[1] == one * calls(15)


def test_bytes_moved_are_counted_unless_few(metered: bytes) -> None:
    """A fill and a copy by their size; a small one of fixed size not at all."""
    machine = Machine(metered, 10**6)
    assert machine.call("move", 5000)[1] == 2 * 5000
    assert machine.call("small", 1)[1] == 0
    assert machine.call("flat", 3)[1] == 0


def test_slices_change_no_count(metered: bytes) -> None:
    """Fuel in crumbs comes to what fuel at once comes to."""
    whole = Machine(metered, 10**6).call("fib", 12)
    crumbs = Machine(metered, 0, more=37)
    result, _ = crumbs.call("fib", 12)
    used = 37 * len(crumbs.asked) - crumbs.exports["fuel"].value(crumbs.store)
    assert (result, used) == whole


@pytest.mark.parametrize(("name", "argument"), [("rounds", 10**9), ("fib", 60), ("move", 60_000)])
def test_nothing_goes_on_without_fuel(metered: bytes, name: str, argument: int) -> None:
    """A refusal ends the run."""
    machine = Machine(metered, 50_000)
    with pytest.raises(Trap, match="unreachable"):
        machine.call(name, argument)
    assert len(machine.asked) == 1
    assert machine.asked[0] < 0
