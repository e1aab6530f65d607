"""The compose file as text: of the specification's shape, and each service with no more than it needs."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared import declare

from chainboy.node.config import NodeConfig
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.runner.config import RunnerConfig

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "compose"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
SETTINGS = {"DOCKER_GID": "999"}
"""What has no default."""

SECRET = re.compile(r"key|secret|token|password", re.IGNORECASE)


def interpolated(text: str) -> dict[str, Any]:
    """The file with its own defaults."""

    def value(found: re.Match[str]) -> str:
        name, kind, default = found.groups()
        return SETTINGS[name] if kind == "?" else SETTINGS.get(name, default)

    loaded: dict[str, Any] = yaml.safe_load(VARIABLE.sub(value, text))
    return loaded


def merged(below: Any, above: Any) -> Any:
    """Two files, or parts of them, as Compose merges them: what is mounted to one place comes from above."""
    if isinstance(below, dict):
        return below | {key: merged(below.get(key, type(value)()), value) for key, value in above.items()}
    if isinstance(below, list):
        places = {str(each).split(":")[1] for each in above if ":" in str(each)}
        return [each for each in below if ":" not in str(each) or each.split(":")[1] not in places] + above
    return above


BASE = interpolated((EXAMPLE / "docker-compose.yml").read_text())
FILE: dict[str, Any] = merged(BASE, interpolated((EXAMPLE / "docker-compose.postgres.yml").read_text()))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]


@pytest.mark.parametrize("file", [BASE, FILE], ids=["one", "both"])
def test_it_is_of_the_specification(file: dict[str, Any]) -> None:
    """An independent reader of Compose files takes it, and sees what we see."""
    from compose_spec import PyCompose  # noqa: PLC0415 - not where the docs are tested

    read = PyCompose.from_json(json.dumps(file))
    read.validate()
    assert set(read.service_names()) == set(file["services"])


def test_the_replicas_are_the_same() -> None:
    """But for the port, what they are called, and the place of a journal that the standby never had."""
    unordered = ("secrets", "networks", "volumes")
    node, standby = (
        SERVICES[name] | {key: set(SERVICES[name][key]) for key in unordered} for name in ("node", "standby")
    )
    assert node.pop("volumes") - standby.pop("volumes") == {"journal:/var/lib/chainboy"}
    assert standby.pop("profiles") == ["standby"]
    assert node.pop("ports") != standby.pop("ports")
    assert node == standby


def test_the_database_is_the_other_files() -> None:
    """Without it the node neither has the password nor waits for a server."""
    assert "postgres" not in json.dumps(BASE["services"]["node"])
    assert not {"postgres", "standby"} & set(BASE["services"])
    assert SERVICES["postgres"]["networks"] == ["journal"]
    assert FILE["networks"]["journal"] == {"internal": True}
    for name in ("node", "standby"):
        assert SERVICES[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    """No root, nothing to write to but volumes and memory, limits on memory, CPUs and processes."""
    service = SERVICES[name]
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "env_file"} & set(service)


def test_the_socket_is_the_runners_alone() -> None:
    """Nobody else has the engine, and whoever has it has no network."""
    holders = [name for name, service in SERVICES.items() if "docker.sock" in json.dumps(service)]
    assert holders == ["runner"]
    assert SERVICES["runner"]["network_mode"] == "none"
    assert "runner_token" in SERVICES["runner"]["secrets"]
    assert [name for name, each in SERVICES.items() if "runner:/run/chainboy" in each["volumes"]] == [
        "node",
        "runner",
        "standby",
    ]
    assert [name for name, each in SERVICES.items() if "node_key" in each.get("secrets", ())] == [
        "check-node",
        "node",
        "standby",
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files(name: str) -> None:
    """Neither the environment nor the command line has one; a variable may name a secret's file."""
    service = SERVICES[name]
    environment: dict[str, str] = service.get("environment", {})
    named = {key: value for key, value in environment.items() if SECRET.search(key)}
    assert all(key.endswith("_FILE") and value.startswith("/run/secrets/") for key, value in named.items())
    assert not SECRET.search(" ".join(map(str, service.get("command", ()))))
    assert set(service.get("secrets", ())) <= set(FILE["secrets"])
    assert all(set(secret) == {"file"} for secret in FILE["secrets"].values())


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_the_loopbacks(name: str) -> None:
    """What is shown is shown to this machine."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


def test_a_mistake_is_no_loop() -> None:
    """What is always started again is started only once its files were found to be in order."""
    for name, check in (("node", "check-node"), ("standby", "check-node"), ("runner", "check-runner")):
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["depends_on"][check] == {"condition": "service_completed_successfully"}
        assert SERVICES[check]["restart"] == "no"


def test_the_examples_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key is known, and both sides meet at one socket."""
    declare(monkeypatch)
    node, runner = NodeConfig.load(EXAMPLE / "node.toml"), RunnerConfig.load(EXAMPLE / "runner.toml")
    assert runner.url == "unix:///run/chainboy/runner.sock"
    assert f'url = "{runner.url}"' in (EXAMPLE / "node.toml").read_text()
    assert [type(sandbox).__name__ for sandbox in node.sandboxes] == ["WasmSandbox", "RemoteSandbox"]


def test_the_nodes_differ_in_their_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One has a file, the other the database of the service, with the password in its secret."""
    declare(monkeypatch)
    names = ("node.toml", "node-postgres.toml")
    file, database = (tomllib.loads((EXAMPLE / name).read_text()) for name in names)
    assert file.pop("node") == {"journal": "/var/lib/chainboy/journal.sqlite"}
    assert database.pop("node") == {}
    del database["journal"]
    assert file == database
    journal = NodeConfig.load(EXAMPLE / "node-postgres.toml").journal
    assert isinstance(journal, PostgresSettings)
    assert journal.password_file == Path("/run/secrets/postgres_password")
    made = SERVICES["postgres"]["environment"]
    assert journal.url_text == f"postgresql://{made['POSTGRES_USER']}@postgres/{made['POSTGRES_DB']}"


def test_every_variable_is_shown() -> None:
    """`.env.example` has each with the default that the files have; the switch in it names both files."""
    lines = (EXAMPLE / ".env.example").read_text().splitlines()
    shown = dict(line.split("=", 1) for line in lines if "=" in line)
    switch = {name: shown.pop(name) for name in list(shown) if name.startswith("#")}
    assert switch == {
        "#COMPOSE_FILE": "docker-compose.yml:docker-compose.postgres.yml",
        "#COMPOSE_PROFILES": "standby",
    }
    text = "".join(path.read_text() for path in EXAMPLE.glob("docker-compose*.yml"))
    used = {name: default for name, kind, default in VARIABLE.findall(text) if kind == "-" and default}
    assert {name: shown.get(name) for name in used} == used
    assert set(shown) == set(used) | set(SETTINGS)
