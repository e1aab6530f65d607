"""A Docker engine of the tests' own, with one image that runs programs: the fixture ``docker_engine``.

    @pytest.mark.xdist_group("docker")
    def test_something(docker_engine):
        box = docker_engine.sandbox(wall_clock_limit=5)
        assert box.serves(docker_engine.runtime)

One engine serves all tests of a process, so tests that use it bear the mark. It has its own folders and
socket, no network, and is gone afterwards. The image's base is Debian with Python, made by debootstrap once
and kept in the user's cache folder. Where something is missing the tests are skipped, or fail if the
environment has ``CI``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainboy.sandbox.container.context import write_context
from chainboy.sandbox.container.limits import Limits
from chainboy.sandbox.epicbox import EpicboxSandbox

TOOLS = {"dockerd": "docker.io", "debootstrap": "debootstrap", "docker-registry": "docker-registry"}
"""What the tests start, and the Debian package each is in."""

SUITE = "bookworm"
MODULE = "shlex"
"""What programs in the image may import besides the usual."""
USELESS = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt/lists")
START_SECONDS = 60


class DockerEngine:
    """A daemon that the tests own; ``runtime`` names the image that it holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        self.runtime = ""
        self.image = ""
        self._daemon: subprocess.Popen[bytes] | None = None
        self._sandboxes: list[EpicboxSandbox] = []

    def client(self) -> Any:
        """A new client of the engine; close it."""
        from chainboy.sandbox.container.connecting import connected  # noqa: PLC0415 - heavy

        return connected(self.host, timeout=60)

    def sandbox(self, *runtimes: str, oci_runtime: str | None = None, **limits: Any) -> EpicboxSandbox:
        """A sandbox on this engine, closed with it; of the image made for tests unless others are named."""
        box = EpicboxSandbox(
            runtimes or [self.runtime], host=self.host, limits=Limits(**limits), oci_runtime=oci_runtime
        )
        self._sandboxes.append(box)
        return box

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        daemon = ["setpriv", "--pdeathsig", "TERM", str(path_of("dockerd")), "--host", self.host]
        folders = [f"--{name}={self.folder}/{name}" for name in ("data-root", "exec-root", "pidfile")]
        no_network = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with (self.folder / "log").open("ab") as log:
            self._daemon = subprocess.Popen([*daemon, *folders, *no_network], stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > end:
                raise RuntimeError("dockerd did not start:\n" + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the daemon and, with it, every container."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(timeout=START_SECONDS)
            self._daemon = None

    def close(self) -> None:
        """Stop for good."""
        for box in self._sandboxes:
            box.close()
        self.stop()

    def build(self) -> None:
        """Make the image from the base and the guest."""
        with contextlib.closing(self.client()) as client, tempfile.TemporaryDirectory() as context:
            with _base().open("rb") as base:
                client.api.import_image_from_data(base, repository="chainboy-base", tag=SUITE)
            write_context(Path(context), modules=[MODULE])
            arguments = {"BASE": f"chainboy-base:{SUITE}"}
            image, _ = client.images.build(
                path=context, tag="chainboy:test", buildargs=arguments, network_mode="none", rm=True
            )
        self.image = image.id
        self.runtime = f"docker:chainboy@{image.id}"

    def _answers(self) -> bool:
        if not (self.folder / "docker.sock").exists():
            return False
        try:
            with contextlib.closing(self.client()) as client:
                return bool(client.ping())
        except Exception:  # noqa: BLE001 - whatever a socket says that is not there yet
            return False


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """The engine, with the image built."""
    missing = lacking()
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with running() as engine:
        yield engine


@contextlib.contextmanager
def running() -> Iterator[DockerEngine]:
    """An engine with the image built, for as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="chainboy-docker-"))
    engine = DockerEngine(folder)
    try:
        engine.start()
        engine.build()
        yield engine
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


def lacking() -> str:
    """What keeps this machine from starting an engine, and how to get it; empty if nothing does."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Docker engine for tests is started by root on Linux: run the tests as root"
    packages = [package for tool, package in TOOLS.items() if path_of(tool) is None]
    return f"no Docker engine to start: apt-get install {' '.join(packages)}" if packages else ""


def path_of(tool: str) -> str | None:
    """Where a tool is, also where only root looks."""
    return shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _base() -> Path:
    """Debian with Python as one archive, made if it is not kept yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainboy-tests"
    kept = cache / f"{SUITE}-python3-venv.tar"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            root, archive = Path(scratch, "root"), Path(scratch, "base.tar")
            command = [str(path_of("debootstrap")), "--variant=minbase", "--include=python3,python3-venv"]
            subprocess.run([*command, SUITE, str(root)], check=True, stdout=subprocess.DEVNULL)
            for name in USELESS:
                shutil.rmtree(root / name)
            with tarfile.open(archive, "w") as packed:
                packed.add(root, arcname=".")
            archive.rename(kept)
    return kept
