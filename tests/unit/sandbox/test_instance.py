"""Fuel in slices, and an artifact's answer that is not trusted."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import Engine, Module, Store, Trap

from chainboy.consensus.outcome import Status
from chainboy.sandbox.instance import SLICE, Allowance, Answer, Ended, Instance

# ``run`` answers with what the first argument holds: 20 bytes at offset 0 of the program's text, or anywhere.
MODULE = """(module
  (import "chainboy" "slice" (func $slice (param i64) (result i64)))
  (memory (export "memory") 1)
  (global $fuel (export "fuel") (mut i64) (i64.const 0))
  (global $top (mut i32) (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get 3)))
    (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8))))
  (func (export "run") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (global.set $fuel (i64.sub (global.get $fuel) (i64.const 5)))
    {body}))"""

Make = Callable[[str], Instance]


@pytest.fixture
def make() -> Make:
    """An instance whose entry has this body."""

    def instance(body: str) -> Instance:
        store = Store(Engine())
        return Instance(store, Module(store.engine, MODULE.format(body=body)), Allowance(100, math.inf))

    return instance


@given(
    limit=st.integers(0, 4 * SLICE),
    costs=st.lists(st.integers(1, 2 * SLICE), min_size=1, max_size=20),
)
def test_slices_add_up_to_the_limit(limit: int, costs: list[int]) -> None:
    """However it is sliced, a run may go on exactly while it has used less than its limit."""
    allowance = Allowance(limit, math.inf)
    left, used = allowance.given, 0
    for cost in costs:
        left, used = left - cost, used + cost
        if left < 0:
            left = allowance.more(left)
            assert (left < 0) == (used >= limit) == (allowance.ended is Ended.FUEL)
        if allowance.ended:
            break
        assert allowance.used(left) == used
        assert allowance.given <= limit


def test_time_ends_a_run_between_slices() -> None:
    """A deadline that has passed; and a limit that is used up counts first, for it is an outcome."""
    late = Allowance(10 * SLICE, -1.0)
    assert late.more(-1) == -1
    assert late.ended is Ended.TIME
    spent = Allowance(5, -1.0)
    assert spent.more(-1) == -1
    assert spent.ended is Ended.FUEL


def test_arguments_arrive_as_the_canonical_abi_has_them(make: Make) -> None:
    """Strings are a pointer and a size in UTF-8, lists are of pairs of those."""
    # (status, payload, logs) = (size of files, text of the first file, program).
    body = """(i32.store (i32.const 0) (local.get 5))
      (i32.store (i32.const 4) (i32.load offset=8 (local.get 4)))
      (i32.store (i32.const 8) (i32.load offset=12 (local.get 4)))
      (i32.store (i32.const 12) (local.get 0)) (i32.store (i32.const 16) (local.get 1)) (i32.const 0)"""
    instance = make(body)
    answer = instance.run("prögram", "", [("name", "con\xfftent"), ("b", "")], [])
    assert answer == Answer(2, "con\xfftent", "prögram")
    assert instance.used() == 5


@pytest.mark.parametrize(
    ("at", "payload", "size"),
    [
        (65_530, 0, 0),
        (-4, 0, 0),
        (0, 65_536, 1),
        (0, -1, -1),
        (0, 8, 60_000),
        (0, 2048, 1),
    ],
    ids=["answer beyond", "answer at the end", "text beyond", "text around", "text too long", "not UTF-8"],
)
def test_a_forged_answer_is_an_abort(make: Make, at: int, payload: int, size: int) -> None:
    """Pointers and texts that cannot be are never followed."""
    body = f"""(i32.store (i32.const 4) (i32.const {payload})) (i32.store (i32.const 8) (i32.const {size}))
      (i32.store8 (i32.const 2048) (i32.const 255)) (i32.const {at})"""
    assert make(body).run("", "", [], []) == Answer(Status.ABORTED, "", "")


def test_a_log_is_cut_not_refused(make: Make) -> None:
    """Logs count for nothing: whatever can be read of them is."""
    body = "(i32.store (i32.const 16) (i32.const 65536)) (i32.const 0)"
    assert len(make(body).run("", "", [], []).logs) == 65_536


def test_what_a_trapped_run_used_is_known(make: Make) -> None:
    """The meter is read after the trap."""
    instance = make("unreachable")
    with pytest.raises(Trap):
        instance.run("", "", [], [])
    assert instance.used() == 5
