"""``chainboy content`` as a user meets it: what it prints, how it ends, and never a traceback."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from ipfs_daemon import RealDaemon

from chainboy.cid import Cid
from chainboy.content import MAX_CONTENT, DirectoryStore
from chainboy.content.ipfs.daemon import _library

pytestmark = [pytest.mark.ipfs, pytest.mark.xdist_group("ipfs")]

DATA = random.Random(5).randbytes(300_000)
NOWHERE = "http://127.0.0.1:9"


@attrs.frozen
class Ended:
    """How a command ended, and what it told."""

    code: int
    out: bytes
    err: str


def content(*arguments: str | Path, **environment: str) -> Ended:
    """Run ``chainboy content`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from chainboy.cli import main; main()", "content", *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONWARNINGS": "error"} | environment,
    )
    err = done.stderr.decode()
    assert "Traceback" not in err
    return Ended(done.returncode, done.stdout, err)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two of IPFS's usual chunks."""
    path = tmp_path / "data.bin"
    path.write_bytes(DATA)
    return path


def test_add_then_get(daemon: RealDaemon, file: Path, tmp_path: Path) -> None:
    """To a daemon and a folder at once; back from the daemon, its gateway and the folder."""
    folder = tmp_path / "store"
    added = content("add", file, "--ipfs", daemon.api, "--store", folder)
    assert (added.code, added.out.decode()) == (0, f"{Cid.of(DATA)}\n")
    assert DirectoryStore(folder).get(Cid.of(DATA)) == DATA
    for option, place in (("--ipfs", daemon.api), ("--gateway", daemon.gateway), ("--store", folder)):
        assert content("get", str(Cid.of(DATA)), option, place) == Ended(0, DATA, "")


def test_get_into_a_file_by_the_environment(daemon: RealDaemon, file: Path, tmp_path: Path) -> None:
    """A daemon that is down is named on the way."""
    places = {"CHAINBOY_IPFS": f"{NOWHERE} {daemon.api}"}
    cid = content("add", file, **places).out.decode().strip()
    got = content("get", cid, "-o", tmp_path / "out", **places)
    assert (got.code, got.out) == (0, b"")
    assert NOWHERE in got.err
    assert (tmp_path / "out").read_bytes() == DATA


def test_convert(daemon: RealDaemon, file: Path, tmp_path: Path) -> None:
    """From the daemon's own ``Qm…`` to ours, which is then found."""
    api = _library().Client(daemon.api.replace("http://127.0.0.1:", "/ip4/127.0.0.1/tcp/"))
    old = api.add(io.BytesIO(file.read_bytes()))["Hash"]
    assert old.startswith("Qm")
    converted = content("convert", old, "--ipfs", daemon.api, "--store", tmp_path / "store")
    assert (converted.code, converted.out.decode()) == (0, f"{Cid.of(DATA)}\n")
    assert content("get", str(Cid.of(DATA)), "--store", tmp_path / "store").out == DATA


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["get", "Qm" + "a" * 44, "--store", "x"], 2, "chainboy content convert"),
        (["get", "hello", "--store", "x"], 2, "not a CID"),
        (["convert", "hello", "--store", "x"], 2, "no CID"),
        (["get", str(Cid.of(b"x"))], 2, "--gateway"),
        (["convert", str(Cid.of(b"x")), "--gateway", NOWHERE], 2, "--store or --ipfs"),
        (["get", str(Cid.of(b"x")), "--gateway", "ftp://x"], 2, "http://host:port"),
        (["get", str(Cid.of(b"x")), "--gateway", "http://x:99999"], 2, "http://host:port"),
        (["get", str(Cid.of(b"x")), "--store", "nowhere"], 1, "put it there first"),
        (["get", str(Cid.of(b"x")), "--ipfs", NOWHERE], 1, NOWHERE),
        (["add", "not-there", "--store", "x"], 2, "not-there"),
        (["get", str(Cid.of(b"x")), "--store", "x", "--timeout", "0"], 2, "timeout"),
    ],
)
def test_mistakes_are_told(arguments: list[str], code: int, told: str, tmp_path: Path) -> None:
    """One sentence, and the exit code that says whose fault it is."""
    del tmp_path
    ended = content(*arguments)
    assert ended.code == code
    assert told in ended.err.replace("\n", " ")


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """An output that cannot be written is told, and is no traceback."""
    cid = DirectoryStore(tmp_path / "store").put(b"x")
    ended = content("get", str(cid), "--store", tmp_path / "store", "-o", tmp_path / "no" / "file")
    assert ended.code == 1
    assert "No such file" in ended.err


def test_too_large_a_file(tmp_path: Path) -> None:
    """Is refused before anything is sent."""
    path = tmp_path / "large"
    path.write_bytes(bytes(MAX_CONTENT + 1))
    ended = content("add", path, "--store", tmp_path / "store")
    assert ended.code == 1
    assert "split it" in ended.err
