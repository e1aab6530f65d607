"""A component taken apart: its parts, linked by the names they were given, do what the component did."""

from __future__ import annotations

from typing import Any

import pytest
from wasmtime import Linker, Module, Store, wat2wasm

from chainboy.sandbox.guest import wasm
from chainboy.sandbox.guest.linking import Origin, Parts, keep_exports, without_custom

COMPONENT = """(component
  (core module $base
    (memory (export "memory") 1)
    (global (export "offset") i32 (i32.const 40))
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
  (core module $library
    (import "env" "memory" (memory 1))
    (import "env" "double" (func $double (param i32) (result i32)))
    (import "GOT.mem" "offset" (global $offset i32))
    (func $filesystem_preopens_get_directories (export "directories") (param i32) unreachable)
    (func (export "shared") (result i32) (i32.const 1))
    (func (export "entry") (param i32) (result i32)
      (i32.add (call $double (local.get 0)) (global.get $offset))))
  (core module $other (func (export "shared") (result i32) (i32.const 2)))
  (core instance $b (instantiate $base))
  (core instance $o (instantiate $other))
  (alias core export $b "twice" (core func $renamed))
  (core instance $env (export "memory" (memory $b "memory")) (export "double" (func $renamed)))
  (core instance $got (export "offset" (global $b "offset")))
  (core instance $l (instantiate $library (with "env" (instance $env)) (with "GOT.mem" (instance $got))))
  (alias core export $l "entry" (core func $entry))
  (func (export "entry") (param "n" u32) (result u32) (canon lift (core func $entry))))"""


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Those of the component."""
    return Parts(bytes(wat2wasm(COMPONENT)))


@pytest.fixture(scope="module")
def linked(parts: Parts) -> dict[str, Any]:
    """What the parts export when the engine has linked them by name alone."""
    store = Store()
    linker, found = Linker(store.engine), {}
    for name, code in parts.modules():
        module = Module(store.engine, code)
        instance = linker.instantiate(store, module)
        linker.define_instance(store, name, instance)
        exports: Any = instance.exports(store)
        found |= {export.name: exports[export.name] for export in module.exports}
    return found | {"store": store}


def test_parts_find_each_other(parts: Parts, linked: dict[str, Any]) -> None:
    """Through renamed exports, inline instances and aliases."""
    assert linked[parts.find("entry").export](linked["store"], 1) == 42


def test_imports_are_traced_to_their_origin(parts: Parts) -> None:
    """To the part that defines them, under the name it has there."""
    library, base = parts.find("entry").instance, parts.find("twice").instance
    assert parts.imported(library, "env", "double") == Origin(base, "twice")
    assert parts.imported(library, "GOT.mem", "offset") == Origin(base, "offset")


@pytest.mark.parametrize("name", ["shared", "missing"])
def test_what_is_not_one_part_s_alone_is_not_found(parts: Parts, name: str) -> None:
    """The build stops instead of taking the wrong one."""
    with pytest.raises(ValueError, match=f"export {name}"):
        parts.find(name)


def test_directories_are_made_empty(parts: Parts, linked: dict[str, Any]) -> None:
    """The function of that name writes an empty list and reaches nothing."""
    store, memory = linked["store"], linked[parts.find("memory").export]
    memory.write(store, b"\xff" * 9, 8)
    linked[parts.find("directories").export](store, 8)
    assert memory.read(store, 8, 17) == bytes(8) + b"\xff"


def test_exports_are_kept_and_renamed() -> None:
    """Those named and no others; one that is missing stops the build."""
    module = bytes(wat2wasm('(module (func (export "a")) (func (export "b")) (memory (export "c") 1))'))
    kept = Module(Store().engine, keep_exports(module, {"b": "B", "c": "c"}))
    assert [export.name for export in kept.exports] == ["B", "c"]
    with pytest.raises(ValueError, match="missing"):
        keep_exports(module, {"d": "d"})


def test_names_and_notes_go() -> None:
    """What is left is a module as before."""
    module = bytes(wat2wasm('(module (func $name (export "a")))'))
    bare = without_custom(module)
    assert b"name" in module
    assert [part.kind for part in wasm.sections(bare) if part.kind == wasm.CUSTOM] == []
    assert [export.name for export in Module(Store().engine, bare).exports] == ["a"]
