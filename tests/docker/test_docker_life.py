"""Containers from outside: what they are made with, what kills them, what becomes of those left behind."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacks import ENDLESS, HEAD, job
from engine import DockerEngine

from chainboy.errors import SandboxError
from chainboy.sandbox.container.owner import OWNER_LABEL, UNTIL_LABEL, Owner
from chainboy.sandbox.epicbox import EpicboxSandbox
from chainboy.sandbox.protocol import Run

pytestmark = pytest.mark.xdist_group("docker")

PATIENCE = 30

SEVEN = job(HEAD + "def main(): return 7")

NODE = """
import sys
sys.path.insert(0, {folder!r})
from attacks import ENDLESS, job
from chainboy.sandbox.epicbox import EpicboxSandbox
EpicboxSandbox([{runtime!r}], host={host!r}).run(job(ENDLESS))
"""


def until(condition: Callable[[], Any]) -> Any:
    """What ``condition`` says once it says yes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError


@pytest.fixture
def client(docker_engine: DockerEngine) -> Iterator[Any]:
    """A client of the test's own."""
    with closing(docker_engine.client()) as found:
        yield found


def running(client: Any) -> list[dict[str, Any]]:
    """The containers that run."""
    found: list[dict[str, Any]] = client.api.containers()
    return found


@contextmanager
def endless(box: EpicboxSandbox, client: Any) -> Iterator[tuple[Future[Run], str]]:
    """A run that does not end by itself, and its container's id."""
    before = {each["Id"] for each in running(client)}
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(box.run, job(ENDLESS))
        (new,) = until(lambda: {each["Id"] for each in running(client)} - before)
        yield run, new


def test_options_arrive(docker_engine: DockerEngine, client: Any) -> None:
    """The engine's own account of a container has every limit."""
    box = docker_engine.sandbox(
        wall_clock_limit=2, cpu_seconds=9, memory_mib=700, work_mib=3, processes=5, cpus=0.5
    )
    with endless(box, client) as (run, container):
        found = client.api.inspect_container(container)
        assert isinstance(run.exception(), SandboxError)
    config, host = found["Config"], found["HostConfig"]
    assert found["Image"] == docker_engine.image
    assert (found["Path"], found["Args"]) == ("/usr/local/bin/chainboy-run", ["2"])
    assert (config["User"], config["Hostname"]) == ("65534:65534", "chainboy")
    assert (config["NetworkDisabled"], config["StopSignal"]) == (True, "SIGKILL")
    assert set(config["Labels"]) >= {OWNER_LABEL, UNTIL_LABEL}
    assert config["Labels"][OWNER_LABEL] == str(Owner.current())
    assert config["Healthcheck"] == {"Test": ["NONE"]}
    assert (host["Memory"], host["MemorySwap"]) == (700 << 20, 700 << 20)
    assert (host["PidsLimit"], host["NanoCpus"], host["OomScoreAdj"]) == (5, 500_000_000, 1000)
    assert (host["NetworkMode"], host["IpcMode"], host["LogConfig"]["Type"]) == ("none", "none", "none")
    assert (host["ReadonlyRootfs"], host["Privileged"], host["CapDrop"]) == (True, False, ["ALL"])
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert not host["CapAdd"]
    assert not host["Devices"]
    assert not host["Binds"]
    assert not found["Mounts"]
    assert set(host["Tmpfs"]) == {"/sandbox"}
    assert {"size=3m", "noexec", "nosuid", "nodev"} <= set(host["Tmpfs"]["/sandbox"].split(","))
    ulimits = {each["Name"]: (each["Soft"], each["Hard"]) for each in host["Ulimits"]}
    assert (ulimits["cpu"], ulimits["fsize"], ulimits["nofile"]) == ((9, 9), (3 << 20, 3 << 20), (64, 64))
    assert (ulimits["core"], ulimits["memlock"], ulimits["msgqueue"]) == ((0, 0), (0, 0), (0, 0))
    assert "/proc/kcore" in host["MaskedPaths"]
    assert "/proc/sys" in host["ReadonlyPaths"]
    assert client.api.containers(all=True) == []


def test_another_runtime_by_name(docker_engine: DockerEngine) -> None:
    """The engine is asked for it by name: its usual one has one, an unknown one is no outcome."""
    assert docker_engine.sandbox(oci_runtime="runc").run(SEVEN).outcome.payload[-1] == 7
    with pytest.raises(SandboxError, match="nowhere"):
        docker_engine.sandbox(oci_runtime="nowhere").run(SEVEN)


def test_two_sandboxes_at_once(docker_engine: DockerEngine, client: Any) -> None:
    """They know nothing of each other, whatever their limits."""
    hasty, patient = docker_engine.sandbox(wall_clock_limit=3), docker_engine.sandbox(wall_clock_limit=60)
    with endless(hasty, client) as (run, _):
        assert patient.run(SEVEN).outcome.payload[-1] == 7
        assert not run.done()
        assert isinstance(run.exception(), SandboxError)
    assert patient.run(SEVEN).outcome.payload[-1] == 7


@pytest.mark.parametrize("blow", ["kill", "stop", "remove", "pause"])
def test_a_container_that_somebody_ends(docker_engine: DockerEngine, client: Any, blow: str) -> None:
    """No outcome, whoever did it; the container is gone."""
    with endless(docker_engine.sandbox(wall_clock_limit=1.5), client) as (run, container):
        blows = {
            "kill": lambda: client.api.kill(container),
            "stop": lambda: client.api.stop(container, timeout=0),
            "remove": lambda: client.api.remove_container(container, force=True),
            "pause": lambda: client.api.pause(container),
        }
        blows[blow]()
        assert isinstance(run.exception(timeout=PATIENCE), SandboxError)
    assert client.api.containers(all=True) == []


def test_an_engine_that_stops(docker_engine: DockerEngine, client: Any) -> None:
    """A run in the middle has no outcome, nor has one without an engine; when it is back, all goes on."""
    stop_in_the_middle(docker_engine, client)
    for each in client.api.containers(all=True):
        assert each["State"] == "exited", "it could not be removed when it ended"
        client.api.remove_container(each["Id"])
    gc.collect()  # a socket that was left open would fail this test, and not one that happens to come later


def stop_in_the_middle(docker_engine: DockerEngine, client: Any) -> None:
    """What the test above is about; nothing of it is kept."""
    box, fresh = docker_engine.sandbox(), docker_engine.sandbox()
    assert box.serves(docker_engine.runtime)
    with endless(box, client) as (run, _):
        docker_engine.stop()
        try:
            assert isinstance(run.exception(timeout=PATIENCE), SandboxError)
            with pytest.raises(SandboxError, match=docker_engine.host):
                box.run(SEVEN)
            assert box.serves(docker_engine.runtime), "what the engine held it will hold again"
            assert not fresh.serves(docker_engine.runtime), "nobody can tell"
        finally:
            docker_engine.start()
    assert box.run(SEVEN).outcome.payload[-1] == 7
    assert fresh.serves(docker_engine.runtime)


def test_what_a_killed_node_leaves_is_reaped(docker_engine: DockerEngine, client: Any) -> None:
    """At the next start, and only that: a living node's container stays."""
    folder = __file__.rpartition("/")[0]
    code = NODE.format(folder=folder, runtime=docker_engine.runtime, host=docker_engine.host)
    node = subprocess.Popen([sys.executable, "-c", code])
    (left,) = until(lambda: running(client))
    with endless(docker_engine.sandbox(wall_clock_limit=8), client) as (run, sibling):
        node.send_signal(signal.SIGKILL)
        node.wait()
        assert {each["Id"] for each in running(client)} == {left["Id"], sibling}
        assert docker_engine.sandbox().run(SEVEN).outcome.payload[-1] == 7
        assert {each["Id"] for each in running(client)} == {sibling}
        assert not run.done()
    assert client.api.containers(all=True) == []


def test_containers_of_others_are_left_alone(docker_engine: DockerEngine, client: Any) -> None:
    """Without our label, or of a node that we cannot know about, nothing is removed; once overdue it is."""
    elsewhere = Owner(boot="another-machine", namespace="pid:[1]", pid=1, started="1")
    labels = [
        {},
        {OWNER_LABEL: str(elsewhere), UNTIL_LABEL: str(round(time.time()))},
        {OWNER_LABEL: str(elsewhere), UNTIL_LABEL: "1000"},
    ]
    made = [client.containers.create(docker_engine.image, labels=each).id for each in labels]
    try:
        assert docker_engine.sandbox().serves(docker_engine.runtime)
        assert {each["Id"] for each in client.api.containers(all=True)} == set(made[:2])
    finally:
        for container in made[:2]:
            client.api.remove_container(container)


def test_many_threads_and_few_connections(docker_engine: DockerEngine) -> None:
    """No connection is left open by a run."""
    box = docker_engine.sandbox()
    box.run(SEVEN)
    before = threading.active_count(), _descriptors()
    with ThreadPoolExecutor(3) as pool:
        assert [run.outcome.payload[-1] for run in pool.map(box.run, [SEVEN] * 9)] == [7] * 9
    assert threading.active_count() == before[0]
    assert _descriptors() <= before[1] + 4


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
