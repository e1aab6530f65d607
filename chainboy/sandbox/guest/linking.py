"""Takes a component apart into its core modules, wired to each other by name, so that they can become one.

The interpreter comes as a dozen shared libraries: every address of a variable is a load, and every call
to another library goes through a table. As one module with constants in their place it is a fifth
faster. Rule: Component Model binary format (core instances, aliases) and WebAssembly core specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from . import wasm
from .wasm import Export, Import, Section, packed, read, text, uleb

_MODULE, _INSTANCE, _ALIAS = 1, 2, 6
_CORE, _CORE_EXPORT, _OUTER = 0, 1, 2
_NO_DIRECTORIES = "filesystem_preopens_get_directories"
# (out: pointer) -> (): the empty list. Without it a file look-up would end the run.
_EMPTY_LIST = bytes.fromhex("00 2000 4200 370200 0b")


class Origin(NamedTuple):
    """An export of a core instance."""

    instance: int
    name: str

    @property
    def module(self) -> str:
        """The name of the instance's module among the parts."""
        return f"part{self.instance}"

    @property
    def export(self) -> str:
        """Its name there: no two parts have one in common."""
        return f"{self.module}:{self.name}"


class _Instance(NamedTuple):
    module: int | None
    arguments: dict[str, int]
    exports: dict[str, Origin]


class Parts:
    """The core modules of a component in the order of their instances, imports and exports renamed."""

    def __init__(self, component: bytes) -> None:
        self._modules: list[bytes] = []
        self._instances: list[_Instance] = []
        self._core: dict[int, list[Origin]] = {0: [], 1: [], 2: [], 3: []}
        for section in wasm.sections(component):
            if section.kind == _MODULE:
                self._modules.append(section.body)
            elif section.kind == _INSTANCE:
                self._read_instances(section.body)
            elif section.kind == _ALIAS:
                self._read_aliases(section.body)

    def modules(self) -> Iterator[tuple[str, bytes]]:
        """Each part's name and module."""
        for number, instance in enumerate(self._instances):
            if instance.module is not None:
                module = self._modules[instance.module]
                yield Origin(number, "").module, self._renamed(module, number, instance)

    def find(self, name: str) -> Origin:
        """The only instance's export of this name that no other instance shares."""
        found = [
            Origin(number, name)
            for number, instance in enumerate(self._instances)
            if instance.module is not None and name in _exported(self._modules[instance.module])
        ]
        if len(found) != 1:
            raise ValueError(f"{len(found)} parts export {name}, not one")
        return found[0]

    def imported(self, instance: int, module: str, name: str) -> Origin:
        """Where an instance's import comes from."""
        return self._resolve(self._instances[instance].arguments[module], name)

    def _resolve(self, instance: int, name: str) -> Origin:
        found = self._instances[instance]
        return found.exports[name] if found.module is None else Origin(instance, name)

    def _read_instances(self, body: bytes) -> None:
        count, at = read(body, 0)
        for _ in range(count):
            inline = body[at]
            module, arguments, exports = None, {}, {}
            at += 1
            if not inline:
                module, at = read(body, at)
            entries, at = read(body, at)
            for _ in range(entries):
                name, at = text(body, at)
                sort = body[at]
                index, at = read(body, at + 1)
                if inline:
                    exports[name] = self._core[sort][index]
                else:
                    arguments[name] = index
            self._instances.append(_Instance(module, arguments, exports))

    def _read_aliases(self, body: bytes) -> None:
        count, at = read(body, 0)
        for _ in range(count):
            sort, at = body[at], at + 1
            core = body[at] if sort == _CORE else None
            at += core is not None
            target = body[at]
            index, at = read(body, at + 1)
            if target == _OUTER:
                _, at = read(body, at)
                continue
            name, at = text(body, at)
            if target == _CORE_EXPORT and core is not None:
                self._core[core].append(self._resolve(index, name))

    def _renamed(self, module: bytes, number: int, instance: _Instance) -> bytes:
        parts = list(wasm.sections(module))
        soft = wasm.function_named(parts, _NO_DIRECTORIES)
        functions = 0
        for position, part in enumerate(parts):
            if part.kind == wasm.IMPORT:
                entries = list(wasm.imports(part.body))
                functions = sum(entry.kind == 0 for entry in entries)
                parts[position] = self._import_section(entries, instance.arguments)
            elif part.kind == wasm.EXPORT:
                own = [(Origin(number, entry.name).export, entry) for entry in wasm.exports(part.body)]
                parts[position] = wasm.export_section([entry._replace(name=name) for name, entry in own])
            elif part.kind == wasm.CODE and soft is not None:
                bodies = list(wasm.vector(part.body))
                bodies[soft - functions] = _EMPTY_LIST
                parts[position] = wasm.code_section(bodies)
        return wasm.join(wasm.MODULE_HEADER, parts)

    def _import_section(self, entries: list[Import], arguments: dict[str, int]) -> Section:
        rows = []
        for entry in entries:
            origin = self._resolve(arguments[entry.module], entry.name)
            rows.append(packed(origin.module) + packed(origin.export) + entry.rest)
        return Section(wasm.IMPORT, uleb(len(rows)) + b"".join(rows))


def keep_exports(module: bytes, names: dict[str, str]) -> bytes:
    """``module`` with the exports that ``names`` maps to their new names, and no others."""
    parts = list(wasm.sections(module))
    for position, part in enumerate(parts):
        if part.kind == wasm.EXPORT:
            old = [entry for entry in wasm.exports(part.body) if entry.name in names]
            if len(old) != len(names):
                raise ValueError("an export to keep is missing")
            kept = [Export(names[entry.name], entry.kind, entry.number) for entry in old]
            parts[position] = wasm.export_section(kept)
    return wasm.join(wasm.MODULE_HEADER, parts)


def without_custom(module: bytes) -> bytes:
    """``module`` without names and notes."""
    parts = [part for part in wasm.sections(module) if part.kind != wasm.CUSTOM]
    return wasm.join(wasm.MODULE_HEADER, parts)


def _exported(module: bytes) -> set[str]:
    parts = [part.body for part in wasm.sections(module) if part.kind == wasm.EXPORT]
    return {entry.name for body in parts for entry in wasm.exports(body)}
