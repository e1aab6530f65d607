"""The compose file at work: built and started by docker-compose, a task to its end, every service killed."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from contextlib import closing

import pytest
from compose_stack import PATIENCE, USER
from stand_ins import postgres_folder
from town import Town

pytestmark = [pytest.mark.xdist_group("docker"), pytest.mark.anvil]

MIB = 1 << 20
MISTAKEN = "mistaken"
OWNERS = {"ipfs": "1000:100", "prometheus": "65534:65534"}
"""Who some services are: a user of their image. The others are the secrets' owner."""
CHAINBOYS = ("node", "standby", "runner", "check-node", "check-runner")


def test_a_task_from_request_to_delivery(town: Town) -> None:
    """The program comes from the daemon, runs in a container that the runner starts, and is delivered."""
    assert (town.first.value, town.first.agreeing_weight) == (285, 400)


@pytest.mark.parametrize("service", ["node", "runner", "ipfs"])
def test_a_killed_service(town: Town, service: str) -> None:
    """A task asked for while it is dead is delivered once it is back; nothing else is restarted."""
    others = {"node", "runner", "ipfs"} - {service}
    before = {other: town.stack.inspect(other)["State"]["StartedAt"] for other in others}
    n = 11 + len(service)
    task = town.ask(n, first=lambda: town.stack.kill(service))
    assert not town.stack.inspect(service)["State"]["Running"]
    town.stack.up()
    result = task.result(timeout=PATIENCE, delivered=True)
    assert result.value == sum(i * i for i in range(n))
    assert {other: town.stack.inspect(other)["State"]["StartedAt"] for other in others} == before


def test_prometheus_reads_the_node(town: Town) -> None:
    """By its profile; killed, it comes back with what it had read, on this machine's loopback alone."""
    town.stack.wait(lambda: _nodes_up(town) == 1)
    town.stack.kill("prometheus")
    town.stack.up("prometheus")
    town.stack.wait(lambda: _nodes_up(town, "count_over_time(up[1h])") > 1)


def test_a_journal_in_postgres(town: Town) -> None:
    """By one switch; database and node killed, the standby ends what the node has begun, once."""
    town.stack.use_postgres()
    town.stack.wait(lambda: _query(town, "SELECT token FROM lease").stdout.strip() not in ("", "0"))
    task = town.ask(20, first=lambda: town.stack.kill("postgres"))
    town.stack.compose("start", "postgres")
    town.stack.wait(lambda: town.acts()[0][task.id] == 1)
    acting, standing = _replicas(town)
    town.stack.kill(acting)
    decided = _query(town, "SELECT encode(task_id, 'hex') FROM tasks WHERE outcome IS NOT NULL")
    assert task.id.hex() in decided.stdout.split()
    assert task.result(timeout=PATIENCE, delivered=True).value == sum(i * i for i in range(20))
    town.stack.wait(lambda: _replicas(town) == (standing, acting))
    assert all(set(count.values()) == {1} for count in town.acts()), "once, the tasks of before included"
    town.stack.compose("start", acting)
    refused = _query(town, "SELECT 1", password="another")  # noqa: S106 - that is the point
    assert "password authentication failed" in refused.stderr


@pytest.mark.parametrize("service", [*CHAINBOYS, *OWNERS, "postgres"])
def test_a_service_has_no_more_than_it_needs(town: Town, service: str) -> None:
    """As the engine sees it: no root, nothing to write to, no capability, limits on all."""
    town.stack.use_postgres()
    found = town.stack.inspect(service)
    host = found["HostConfig"]
    assert found["Config"]["User"] == OWNERS.get(service, f"{USER}:{USER}")
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert 0 < host["Memory"] <= 2048 * MIB
    assert 0 < host["NanoCpus"] <= 2 * 10**9
    assert 0 < host["PidsLimit"] <= 512
    sockets = [mount for mount in found["Mounts"] if mount["Source"].endswith("docker.sock")]
    assert bool(sockets) == (service == "runner")
    bound = [binding["HostIp"] for ports in (host["PortBindings"] or {}).values() for binding in ports]
    assert set(bound) <= {"127.0.0.1"}


def test_no_secret_is_seen(town: Town) -> None:
    """Neither in what the engine tells, nor in what the services say."""
    town.stack.use_postgres()
    services = ("node", "standby", "runner", "ipfs", "postgres")
    seen = "".join(str(town.stack.inspect(service)) for service in services)
    seen += town.stack.logs()
    assert not [secret for secret in town.stack.secrets if secret in seen]


def test_a_mistake_starts_nothing(town: Town) -> None:
    """The check ends with exit code 2 and tells the key; the runner, which would be restarted, never runs."""
    file = town.stack.folder / "runner.toml"
    good = file.read_text()
    file.write_text(good.replace("workers = 2", "workers = 0"))
    try:
        done = town.stack.compose("up", "--detach", "runner", check=False, project=MISTAKEN)
        told = town.stack.compose("logs", "--no-color", check=False, project=MISTAKEN).stdout
        ran = town.stack.compose("ps", "--quiet", "runner", check=False, project=MISTAKEN).stdout.split()
        with closing(town.stack.engine.client()) as client:
            states = [client.api.inspect_container(each)["State"]["StartedAt"] for each in ran]
            code = client.api.inspect_container(f"{MISTAKEN}_check-runner_1")["State"]["ExitCode"]
    finally:
        town.stack.compose("down", "--volumes", check=False, project=MISTAKEN)
        file.write_text(good)
    assert done.returncode != 0
    assert code == 2
    assert "runner.toml: runner.workers cannot be 0: give a whole number, 1 or more" in told
    assert all(state.startswith("0001-") for state in states), "it was started"


def _nodes_up(town: Town, query: str = "up") -> float:
    """What Prometheus says of its one node; 0 while it says nothing."""
    url = f"http://127.0.0.1:{town.stack.prometheus_port}/api/v1/query?query={query}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return 0
    return float(found[0]["value"][1]) if found else 0


def _replicas(town: Town) -> tuple[str, str]:
    """The service that has the lease, and the other one."""
    holder = _query(town, "SELECT owner FROM lease").stdout.strip()
    acting = town.stack.inspect("standby")["Config"]["Hostname"] == holder.split()[0]
    return ("standby", "node") if acting else ("node", "standby")


def _query(town: Town, sql: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    """``psql``, from outside of the container."""
    known = (town.stack.folder / "secrets" / "postgres-password").read_text()
    host = town.stack.address("postgres", "journal")
    place = f"host={host} user=chainboy dbname=chainboy connect_timeout=5"
    return subprocess.run(
        [f"{postgres_folder()}/psql", "--no-psqlrc", "--tuples-only", place, "--command", sql],
        env={"PGPASSWORD": password or known, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
