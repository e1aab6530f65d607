"""The compose file at work: built and started by docker-compose, a task to its end, every service killed."""

from __future__ import annotations

import pytest
from compose_stack import USER
from town import Town

pytestmark = [pytest.mark.xdist_group("docker"), pytest.mark.anvil]

MIB = 1 << 20


def test_a_task_from_request_to_delivery(town: Town) -> None:
    """The program comes from the daemon, runs in a container that the runner starts, and is delivered."""
    result = town.ask(10).result(timeout=120, delivered=True)
    assert (result.value, result.agreeing_weight) == (285, 400)


@pytest.mark.parametrize("service", ["node", "runner", "ipfs"])
def test_a_killed_service(town: Town, service: str) -> None:
    """A task asked for while it is dead is delivered once it is back; nothing else is restarted."""
    others = {"node", "runner", "ipfs"} - {service}
    before = {other: town.stack.inspect(other)["State"]["StartedAt"] for other in others}
    n = 11 + len(service)
    task = town.ask(n, first=lambda: town.stack.kill(service))
    assert not town.stack.inspect(service)["State"]["Running"]
    town.stack.up()
    result = task.result(timeout=120, delivered=True)
    assert result.value == sum(i * i for i in range(n))
    assert {other: town.stack.inspect(other)["State"]["StartedAt"] for other in others} == before


@pytest.mark.parametrize("service", ["node", "runner", "ipfs", "check-node", "check-runner"])
def test_a_service_has_no_more_than_it_needs(town: Town, service: str) -> None:
    """As the engine sees it: no root, nothing to write to, no capability, limits on all."""
    found = town.stack.inspect(service)
    host = found["HostConfig"]
    assert found["Config"]["User"] == ("1000:100" if service == "ipfs" else f"{USER}:{USER}")
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
    seen = "".join(str(town.stack.inspect(service)) for service in ("node", "runner", "ipfs"))
    seen += town.stack.logs()
    assert not [secret for secret in town.stack.secrets if secret in seen]
