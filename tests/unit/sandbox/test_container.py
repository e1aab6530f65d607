"""What surrounds a container, without an engine: names, options, owners, the build context."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from chainboy.cli.image import image as command
from chainboy.errors import ConfigError, RuntimeNotServed
from chainboy.sandbox.container.context import write_context
from chainboy.sandbox.container.image import ImageName, unfit
from chainboy.sandbox.container.limits import Limits, hardened
from chainboy.sandbox.container.owner import GRACE, OWNER_LABEL, UNTIL_LABEL, Owner, is_leftover

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = DIGEST.replace("0", "f")


@pytest.mark.parametrize("name", ["a", "numpy/lab", "registry.example:5000/team/py_thon-3", "127.0.0.1:5/x"])
def test_a_runtime_names_an_image(name: str) -> None:
    """Name and digest, as registries write them."""
    found = ImageName.parse(f"docker:{name}@{DIGEST}")
    assert (found.name, found.digest, found.reference) == (name, DIGEST, f"{name}@{DIGEST}")


@pytest.mark.parametrize(
    "runtime",
    [
        "",
        "cpython-wasm:1",
        "docker:python",
        "docker:python:3.12",
        f"docker:@{DIGEST}",
        f"python@{DIGEST}",
        f"docker:Python@{DIGEST}",
        f"docker:python@{DIGEST[:-1]}",
        f"docker:python@{DIGEST}0",
        f"docker:python@{DIGEST.upper()}",
        f"docker:python@{DIGEST}\n",
        f"docker:../etc@{DIGEST}",
        f"docker:a?b=c@{DIGEST}",
        f"docker:python@{DIGEST.replace('sha256', 'sha512')}",
    ],
)
def test_what_names_none(runtime: str) -> None:
    """A tag, half a digest, or what could mean something else to an engine."""
    with pytest.raises(RuntimeNotServed, match="DIGEST"):
        ImageName.parse(runtime)


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({"Id": DIGEST}, True),
        ({"Id": OTHER, "RepoDigests": [f"lab/python@{DIGEST}"]}, True),
        ({"Id": OTHER, "RepoDigests": [f"python@{DIGEST}"]}, False),
        ({"Id": OTHER, "RepoDigests": [f"lab/python@{OTHER}"], "RepoTags": [f"lab/python@{DIGEST}"]}, False),
        ({"Id": OTHER, "RepoDigests": None}, False),
        ({}, False),
    ],
)
def test_an_engine_holds_an_image(held: dict[str, Any], *, named: bool) -> None:
    """By its id, or by a manifest that it checked under this very name."""
    assert ImageName.parse(f"docker:lab/python@{DIGEST}").names(held) is named


@pytest.mark.parametrize(
    ("labels", "volumes", "reason"),
    [
        ({"org.chainboy.guest": "1", "org.chainboy.memory-mib": "512"}, None, None),
        ({"org.chainboy.guest": "1", "org.chainboy.memory-mib": "513"}, None, "513 MiB"),
        ({"org.chainboy.guest": "1", "org.chainboy.memory-mib": "many"}, None, "memory_mib"),
        ({"org.chainboy.guest": "1"}, None, "memory_mib"),
        ({"org.chainboy.guest": "2", "org.chainboy.memory-mib": "512"}, None, "guest"),
        ({"org.chainboy.guest": "1", "org.chainboy.memory-mib": "512"}, {"/data": {}}, "volumes"),
        (None, None, "guest"),
    ],
)
def test_an_image_is_fit(labels: dict[str, str] | None, volumes: Any, reason: str | None) -> None:
    """It has the guest, no volumes, and finds the memory it promises its programs."""
    found = unfit({"Config": {"Labels": labels, "Volumes": volumes}}, room_mib=512)
    assert found is None if reason is None else reason in str(found)


def test_options_override_what_was_asked() -> None:
    """Ours win, limits that were asked for stay, and the runtime is named only if it is configured."""
    asked = {"entrypoint": "sh", "ulimits": ["cpu"], "mem_limit": "5m", "security_opt": ["a=b"]}
    options = hardened(asked, limits=Limits(wall_clock_limit=7), labels={"a": "b"}, oci_runtime=None)
    assert options["entrypoint"] == ["/usr/local/bin/chainboy-run", "7"]
    assert options["security_opt"] == ["no-new-privileges:true"]
    assert (options["ulimits"][0], options["mem_limit"], options["labels"]) == ("cpu", "5m", {"a": "b"})
    assert "runtime" not in options
    runsc = hardened({}, limits=Limits(), labels={}, oci_runtime="runsc")
    assert runsc["runtime"] == "runsc"


def proc(folder: Path, pid: int, started: str, *, state: str = "S", boot: str = "this") -> Path:
    """A ``/proc`` with one process."""
    (folder / "sys/kernel/random").mkdir(parents=True)
    (folder / "sys/kernel/random/boot_id").write_text(boot + "\n")
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/pid").symlink_to("pid:[7]")
    (folder / str(pid)).mkdir()
    stat = f"{pid} (a) b) {state} " + " ".join(["0"] * 18) + f" {started} 0\n"
    (folder / str(pid) / "stat").write_text(stat)
    return folder


def test_an_owner_is_gone_when_his_process_is(tmp_path: Path) -> None:
    """Its id may be another's by now; on another machine or in another namespace nobody can tell."""
    here = proc(tmp_path / "here", os.getpid(), "500")
    owner = Owner.current(here)
    assert str(owner) == f"this pid:[7] {os.getpid()} 500"
    assert Owner.parse(str(owner)) == owner
    assert not owner.is_gone(owner, here)
    for other in (attrs.evolve(owner, started="499"), attrs.evolve(owner, pid=1)):
        assert other.is_gone(owner, here)
    for place in ({"boot": "last"}, {"namespace": "pid:[8]"}):
        elsewhere = attrs.evolve(owner, pid=1, **place)
        assert not elsewhere.is_gone(owner, here)
    assert owner.is_gone(owner, proc(tmp_path / "dead", os.getpid(), "500", state="Z"))


def test_without_proc_nobody_is_known_to_be_gone(tmp_path: Path) -> None:
    """As on systems that have none; there only the time tells."""
    owner = Owner.current(tmp_path)
    assert not attrs.evolve(owner, pid=1).is_gone(owner, tmp_path)
    labels = {OWNER_LABEL: str(owner), UNTIL_LABEL: "1000"}
    assert not is_leftover(labels, seen_by=owner, now=1000 + GRACE, proc=tmp_path)
    assert is_leftover(labels, seen_by=owner, now=1001 + GRACE, proc=tmp_path)


@pytest.mark.parametrize("label", ["", "a b c d", "a b 7", "x"])
def test_labels_of_others(label: str) -> None:
    """What does not name an owner of ours is not ours."""
    labels = {OWNER_LABEL: label, UNTIL_LABEL: "1"}
    assert not is_leftover(labels, seen_by=Owner.current(), now=10**12)


def test_a_context(tmp_path: Path) -> None:
    """Dockerfile, command and guest; the guest in it answers like the one in this package."""
    folder = tmp_path / "new" / "image"
    found = CliRunner().invoke(command, ["context", str(folder), "--module", "this", "--memory-mib", "300"])
    assert found.exit_code == 0
    assert f"docker build --build-arg BASE=IMAGE-WITH-PYTHON -t NAME {folder}" in found.output
    dockerfile = (folder / "Dockerfile").read_text()
    assert 'org.chainboy.guest="1" org.chainboy.memory-mib="300"' in dockerfile
    assert "FROM ${BASE}\n" in dockerfile
    settings = json.loads((folder / "chainboy/settings.json").read_text())
    assert settings == {"memory": 300 << 20, "modules": ["this"]}
    assert (folder / "chainboy-run").stat().st_mode & 0o111 == 0o111
    child = [sys.executable, "-P", "-s", "-B", str(folder / "chainboy/child.py")]
    asked = b'{"program": "", "data": "", "files": {}, "values": {}}\n'
    done = subprocess.run(child, input=asked, capture_output=True, check=True)
    assert json.loads(done.stdout)[:2] == [1, "ProgramError"]
    cut_off = subprocess.run(child, input=asked[:-1], capture_output=True, check=False)
    assert (cut_off.returncode, cut_off.stdout) == (75, b"")


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"modules": ["os; x"]}, "no module"), ({"modules": [""]}, "no module"), ({"memory_mib": 0}, "0 MiB")],
)
def test_a_context_that_cannot_be(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    """A name that is none, no memory."""
    with pytest.raises(ConfigError, match=reason):
        write_context(tmp_path / "new", **options)


def test_a_context_is_written_to_a_new_folder(tmp_path: Path) -> None:
    """Nothing of anybody's is overwritten, or sent to an engine by mistake."""
    (tmp_path / "mine").write_text("")
    with pytest.raises(ConfigError, match="not empty"):
        write_context(tmp_path)
