"""Sandboxes from a configuration's tables, and how they travel."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import chainboy
from chainboy.errors import ConfigError
from chainboy.sandbox import epicbox, wasm
from chainboy.sandbox.container.limits import Limits
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.tables import Table

IMAGE = "docker:lab/python@sha256:" + "ab" * 32

UNTOUCHED = """
import json, logging, sys, structlog
before = logging.getLogger().handlers[:], logging.getLogger().level, structlog.get_config()
from chainboy.errors import SandboxError
from chainboy.sandbox import container
from chainboy.sandbox.epicbox import EpicboxSandbox
from chainboy.sandbox.container import mended
heavy = [name for name in ("docker", "requests", "epicbox", mended.NAME) if name in sys.modules]
own = mended.epicbox(lambda *_: (b"", b""))
assert own is mended.epicbox(None)
after = logging.getLogger().handlers[:], logging.getLogger().level, structlog.get_config()
alone = "epicbox" not in sys.modules
import epicbox
print(json.dumps({
    "heavy": heavy, "same": before == after, "alone": alone,
    "apart": epicbox.utils is not own.utils and epicbox.config.PROFILES is not own.config.PROFILES,
    "as it was": epicbox.utils.get_docker_client.__module__ == "epicbox.utils",
    "structlog": structlog.is_configured(),
}))
"""


def table(**values: Any) -> Table:
    """One table of a configuration."""
    return Table(values, "node.toml: sandboxes.docker.")


def test_docker_by_its_table() -> None:
    """Images are needed, everything else has a default; nothing is asked of an engine."""
    box = epicbox.configured(table(images=[IMAGE]), Path())
    _, (images, settings) = box.__reduce__()
    assert images == [IMAGE]
    assert (settings.host, settings.limits, settings.oci_runtime) == (epicbox.HOST, Limits(), None)
    every = table(
        images=[IMAGE],
        host="tcp://10.0.0.2:2375",
        oci_runtime="runsc",
        pull=True,
        wall_clock_limit=10,
        cpu_seconds=9,
        memory_mib=1024,
        work_mib=16,
        processes=4,
        cpus=0.5,
    )
    _, (_, settings) = epicbox.configured(every, Path()).__reduce__()
    every.finish()
    assert (settings.host, settings.oci_runtime, settings.pull) == ("tcp://10.0.0.2:2375", "runsc", True)
    assert settings.limits == Limits(
        wall_clock_limit=10, cpu_seconds=9, memory_mib=1024, work_mib=16, processes=4, cpus=0.5
    )
    assert settings.limits.room_mib == 1024 - 16 - 64


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "images"),
        ({"images": []}, "images"),
        ({"images": IMAGE}, "images"),
        ({"images": ["docker:python:3.12"]}, "images"),
        ({"images": [7]}, "images"),
        ({"images": [IMAGE], "host": "npipe:////./pipe/docker"}, "host"),
        ({"images": [IMAGE], "host": "/var/run/docker.sock"}, "host"),
        ({"images": [IMAGE], "memory_mib": 0}, "memory_mib"),
        ({"images": [IMAGE], "memory_mib": 100}, "memory_mib"),
        ({"images": [IMAGE], "cpus": "2"}, "cpus"),
        ({"images": [IMAGE], "pull": 1}, "pull"),
    ],
)
def test_mistakes_are_told_by_their_key(values: dict[str, Any], key: str) -> None:
    """One sentence with the key's full name."""
    with pytest.raises(ConfigError, match=rf"sandboxes\.docker\.{key}"):
        epicbox.configured(table(**values), Path())


def test_webassembly_by_its_table(tmp_path: Path) -> None:
    """The cache's path starts at the file's folder."""
    box = wasm.configured(table(cache="compiled", wall_clock_limit=7), tmp_path)
    _, arguments = box.__reduce__()
    assert arguments == (tmp_path / "compiled", 7.0, DEFAULT)
    with pytest.raises(ConfigError, match="wasm:9"):
        wasm.configured(table(runtime="cpython-wasm:9"), tmp_path)


def test_they_travel_as_configuration() -> None:
    """A pickled sandbox holds no client, engine or lock."""
    boxes = (wasm.WasmSandbox(wall_clock_limit=3), epicbox.EpicboxSandbox([IMAGE], oci_runtime="runsc"))
    for box in boxes:
        again = pickle.loads(pickle.dumps(box))  # noqa: S301 - our own
        assert type(again) is type(box)
        assert again.__reduce__()[1] == box.__reduce__()[1]


@pytest.mark.parametrize(("name", "function"), [("docker", epicbox.configured), ("wasm", wasm.configured)])
def test_they_are_found_by_name(name: str, function: Any) -> None:
    """The package's own description points at them."""
    project = Path(chainboy.__file__).parents[1] / "pyproject.toml"
    if not project.exists():
        from importlib.metadata import entry_points  # noqa: PLC0415 - where the package is installed

        (found,) = entry_points(group="chainboy.sandboxes", name=name)
    else:
        import tomllib  # noqa: PLC0415

        value = tomllib.loads(project.read_text())["project"]["entry-points"]["chainboy.sandboxes"][name]
        found = EntryPoint(name, value, "chainboy.sandboxes")
    assert found.load() is function


def test_the_process_stays_as_it_was() -> None:
    """Neither importing nor using it configures logging or structlog, or changes the library for others."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNTOUCHED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == {
        "heavy": [],
        "same": True,
        "alone": True,
        "apart": True,
        "as it was": True,
        "structlog": True,
    }, "the last is what importing epicbox itself does"
