"""The shipped artifact and the compiled code made from it."""
# ruff: noqa: ARG001, ARG005 (fakes have the signatures of what they stand for)

from __future__ import annotations

import gzip
import os
from pathlib import Path

import attrs
import pytest
from wasmtime import Engine

from chainboy.errors import RuntimeNotServed, SandboxError
from chainboy.sandbox import compiled, runtimes
from chainboy.sandbox.engine import make_engine
from chainboy.sandbox.guest.build import digest
from chainboy.sandbox.guest.wasm import MODULE_HEADER
from chainboy.sandbox.runtimes import DEFAULT, RUNTIMES, Runtime, runtime_named


class Tiny(Runtime):
    """A runtime whose artifact compiles at once: the empty module."""

    compilations = 0

    def module(self) -> bytes:
        """The empty module."""
        type(self).compilations += 1
        return MODULE_HEADER


@pytest.fixture
def tiny() -> Tiny:
    """One that was not compiled yet."""
    Tiny.compilations = 0
    return Tiny(**attrs.asdict(RUNTIMES[DEFAULT]))


@pytest.fixture
def engine(tiny: Tiny) -> Engine:
    """As a node has it."""
    return make_engine(tiny)


def test_the_artifact_is_the_one_its_name_fixes() -> None:
    """The packed file holds the module of this sha256 (checked on reading)."""
    assert RUNTIMES[DEFAULT].module().startswith(MODULE_HEADER)


def test_the_guest_is_the_one_the_artifact_was_built_from() -> None:
    """An edit to the guest's sources needs a new artifact and a new name."""
    assert digest() == RUNTIMES[DEFAULT].sources


def test_an_unknown_runtime_is_not_served() -> None:
    """The message names those there are."""
    with pytest.raises(RuntimeNotServed, match=DEFAULT):
        runtime_named("cpython-wasm:0")


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"another"), b"no gzip", gzip.compress(b"cut")[:-3]],
    ids=["another", "no gzip", "cut"],
)
def test_another_artifact_is_refused(packed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a damaged nor an exchanged file is ever compiled."""
    runtime = RUNTIMES[DEFAULT]
    (tmp_path / runtime.artifact).write_bytes(packed)
    monkeypatch.setattr(runtimes.resources, "files", lambda _: tmp_path)
    with pytest.raises(SandboxError, match="install it again"):
        runtime.module()


def test_code_is_compiled_once(engine: Engine, tiny: Tiny, tmp_path: Path) -> None:
    """The second load reads what the first one kept, in a folder that is the user's alone."""
    folder = tmp_path / "a" / "b"
    compiled.load(engine, tiny, folder)
    compiled.load(engine, tiny, folder)
    assert Tiny.compilations == 1
    assert sorted(path.suffix for path in folder.iterdir()) == [".cwasm", ".sha256"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("suffix", [".cwasm", ".sha256"])
@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"0" * 64])
def test_tampered_code_is_never_loaded(
    suffix: str, content: bytes, engine: Engine, tiny: Tiny, tmp_path: Path
) -> None:
    """What is not as it was kept is compiled again and replaced."""
    compiled.load(engine, tiny, tmp_path)
    next(tmp_path.glob(f"*{suffix}")).write_bytes(content)
    compiled.load(engine, tiny, tmp_path)
    compiled.load(engine, tiny, tmp_path)
    assert Tiny.compilations == 2


def test_code_of_another_engine_is_compiled_again(
    engine: Engine, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole but unusable code is replaced, too."""
    monkeypatch.setattr(compiled, "_is_whole", lambda code, noted: True)
    (tmp_path / f"{compiled._key(tiny)}.cwasm").write_bytes(b"code of another engine")
    compiled.load(engine, tiny, tmp_path)
    assert Tiny.compilations == 1


def test_an_open_folder_is_closed(engine: Engine, tiny: Tiny, tmp_path: Path) -> None:
    """Others lose their access before anything is read."""
    tmp_path.chmod(0o777)
    compiled.load(engine, tiny, tmp_path)
    assert tmp_path.stat().st_mode & 0o077 == 0


def test_a_foreign_folder_is_refused(
    engine: Engine, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Native code of somebody else's is not run."""
    other = os.getuid() + 1
    monkeypatch.setattr(compiled.os, "getuid", lambda: other)
    monkeypatch.setattr(compiled, "_ROOT", other + 1)
    with pytest.raises(SandboxError, match="somebody else"):
        compiled.load(engine, tiny, tmp_path)


def test_a_folder_of_root(
    engine: Engine, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What root compiled when it built an image is loaded, unless somebody else could have changed it."""
    compiled.load(engine, tiny, tmp_path)
    compiled.share(tmp_path)
    root, other = os.getuid(), os.getuid() + 1
    monkeypatch.setattr(compiled, "_ROOT", root)
    monkeypatch.setattr(compiled.os, "getuid", lambda: other)
    compiled.load(engine, tiny, tmp_path)
    assert Tiny.compilations == 1
    for mode in (0o775, 0o757):
        tmp_path.chmod(mode)
        with pytest.raises(SandboxError, match="somebody else"):
            compiled.load(engine, tiny, tmp_path)


def test_a_folder_that_is_none_is_refused(engine: Engine, tiny: Tiny, tmp_path: Path) -> None:
    """The message names it."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(SandboxError, match="file"):
        compiled.load(engine, tiny, tmp_path / "file")


def test_a_full_disk_stops_nobody(
    engine: Engine,
    tiny: Tiny,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Code that cannot be kept is still used, and nothing half-written is left."""

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiled.Path, "replace", full)
    compiled.load(engine, tiny, tmp_path)
    assert "No space left" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_that_does_not_compile(engine: Engine, tiny: Tiny, tmp_path: Path) -> None:
    """The engine's error becomes one of ours."""
    broken = type("Broken", (Tiny,), {"module": lambda self: MODULE_HEADER + b"\xff"})
    with pytest.raises(SandboxError, match="cannot be compiled"):
        compiled.load(engine, broken(**attrs.asdict(tiny)), tmp_path)


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/chainboy"),
        ("linux", {}, "/home/me/.cache/chainboy"),
        ("darwin", {}, "/home/me/Library/Caches/chainboy"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/chainboy"),
    ],
)
def test_the_folder_by_platform(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each platform keeps caches."""
    monkeypatch.setattr(compiled.sys, "platform", platform)
    monkeypatch.setattr(compiled.Path, "home", lambda: Path("/home/me"))
    assert compiled.default_folder(environment) == Path(expected)
