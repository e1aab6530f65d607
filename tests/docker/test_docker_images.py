"""Which images are run: those that are allowed, by digest, as the engine really holds them."""

from __future__ import annotations

import io
import pickle
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attacks import HEAD, job
from engine import MODULE, DockerEngine, path_of

from chainboy.errors import RuntimeNotServed, SandboxError
from chainboy.sandbox.epicbox import EpicboxSandbox

pytestmark = pytest.mark.xdist_group("docker")

NOBODYS = "sha256:" + "5" * 64
LABELS = 'LABEL org.chainboy.guest="1" org.chainboy.memory-mib="1"\n'

SEVEN = job(HEAD + "def main(): return 7")


@pytest.fixture
def client(docker_engine: DockerEngine) -> Iterator[Any]:
    """A client of the test's own."""
    with closing(docker_engine.client()) as found:
        yield found


def built(client: Any, lines: str) -> str:
    """The runtime of an image with nothing but these lines of a Dockerfile."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        data = ("FROM scratch\n" + lines).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    image, _ = client.images.build(fileobj=io.BytesIO(context.getvalue()), custom_context=True, rm=True)
    return f"docker:other@{image.id}"


def test_an_image_by_the_digest_of_its_configuration(docker_engine: DockerEngine) -> None:
    """The id of an image names all of it, so its name does not matter."""
    box = docker_engine.sandbox()
    assert box.serves(docker_engine.runtime)
    other = docker_engine.runtime.replace("docker:chainboy@", "docker:any/name@")
    assert not box.serves(other), "nobody allowed it"
    assert docker_engine.sandbox(other).serves(other)


def test_an_image_that_is_not_there(docker_engine: DockerEngine) -> None:
    """A digest that the engine does not hold is not served, whatever the name; and nothing is run."""
    for name in ("chainboy", "nobody/nothing"):
        runtime = f"docker:{name}@{NOBODYS}"
        box = docker_engine.sandbox(runtime)
        assert not box.serves(runtime)
        with pytest.raises(RuntimeNotServed, match="does not hold"):
            box.run(SEVEN)


@pytest.mark.parametrize("runtime", ["docker:chainboy:test", "docker:chainboy", "docker:chainboy@sha256:12"])
def test_a_tag_is_no_name(docker_engine: DockerEngine, runtime: str) -> None:
    """A tag can be moved, so it cannot be allowed."""
    assert not docker_engine.sandbox().serves(runtime)
    with pytest.raises(RuntimeNotServed, match="DIGEST"):
        docker_engine.sandbox(runtime)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("LABEL a=b\n", "no guest"),
        (LABELS + "VOLUME /data\n", "volumes"),
        (LABELS.replace('mib="1"', 'mib="99999"'), "memory_mib"),
    ],
)
def test_an_image_that_is_unfit(docker_engine: DockerEngine, client: Any, lines: str, reason: str) -> None:
    """Without our guest, with room to write to, or in need of more memory than there is: told why."""
    runtime = built(client, lines)
    box = docker_engine.sandbox(runtime)
    assert not box.serves(runtime)
    with pytest.raises(SandboxError, match=reason):
        box.run(SEVEN)


def test_an_image_that_does_not_start(docker_engine: DockerEngine, client: Any) -> None:
    """It pretends to have the guest: no outcome."""
    runtime = built(client, LABELS)
    with pytest.raises(SandboxError, match="no such file"):
        docker_engine.sandbox(runtime).run(SEVEN)
    assert client.api.containers(all=True) == []


def test_an_image_says_what_may_be_imported(docker_engine: DockerEngine) -> None:
    """The modules it was made with, and no others that its Python has."""
    box = docker_engine.sandbox()
    text = HEAD + "import {0}\ndef main(): return len({0}.__name__)"
    assert box.run(job(text.format(MODULE))).outcome.payload[-1] == len(MODULE)
    assert box.run(job(text.format("sched"))).outcome.payload == b"ModuleNotFoundError"


def test_a_program_names_one_of_several(docker_engine: DockerEngine, client: Any) -> None:
    """Where many are allowed each program runs in its own."""
    other = built(client, LABELS)
    box = docker_engine.sandbox(docker_engine.runtime, other)
    text = '# /// chainboy\n# runtime = "{}"\n# outputs = ["uint256"]\n# ///\ndef main(): return 7'
    assert box.run(job(text.format(docker_engine.runtime))).outcome.payload[-1] == 7
    with pytest.raises(SandboxError, match="no such file"):
        box.run(job(text.format(other)))
    with pytest.raises(RuntimeNotServed, match="not allowed"):
        box.run(job(text.format(f"docker:chainboy@{NOBODYS}")))


def test_a_sandbox_travels(docker_engine: DockerEngine) -> None:
    """To other processes goes its configuration alone."""
    box = docker_engine.sandbox(wall_clock_limit=20)
    box.run(SEVEN)
    with closing(pickle.loads(pickle.dumps(box))) as other:  # noqa: S301 - our own
        assert other.run(SEVEN).outcome.payload[-1] == 7


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of a registry of our own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = "127.0.0.1:{1}".format(*taken.getsockname())
    settings = tmp_path / "registry.yml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/kept}}}}\n"
        f"http: {{addr: '{address}'}}\n"
    )
    tool = str(path_of("docker-registry"))
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([tool, "serve", str(settings)], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 20
        while not _answers(f"http://{address}/v2/") and time.monotonic() < end:
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - of the registry above
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def test_an_image_by_the_digest_of_a_registry(
    docker_engine: DockerEngine, client: Any, registry: str
) -> None:
    """Pushed, forgotten and pulled by digest: served once the engine checked it, pulled only if asked."""
    name = f"{registry}/lab/chainboy"
    client.images.get(docker_engine.image).tag(name, "one")
    pushed = [line for line in client.api.push(name, "one", stream=True, decode=True) if "aux" in line]
    digest = pushed[-1]["aux"]["Digest"]
    runtime = f"docker:{name}@{digest}"
    assert digest != docker_engine.image
    client.images.remove(f"{name}:one")
    box = docker_engine.sandbox(runtime)
    assert not box.serves(runtime)
    with closing(EpicboxSandbox([runtime], host=docker_engine.host, pull=True)) as pulling:
        assert pulling.serves(runtime)
        assert pulling.run(SEVEN).outcome.payload[-1] == 7
    assert box.serves(runtime)
    wrong = runtime.replace("/lab/", "/another/")
    assert not docker_engine.sandbox(wrong).serves(wrong)
    with closing(EpicboxSandbox([wrong], host=docker_engine.host, pull=True)) as pulling:
        assert not pulling.serves(wrong)
    client.images.remove(f"{name}@{digest}")
