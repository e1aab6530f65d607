"""The compose file's services on the tests' own engine, driven by the real docker-compose."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine import SUITE, DockerEngine, lacking, path_of
from node_world import PASSWORD, save_key
from stand_ins import DOCKERFILE, IMAGE, JS_IPFS, override, override_postgres, postgres_folder

from chainboy.testing.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "compose"
PROFILES = ("prometheus", "standby")
PROJECT = "chainboy"
USER = 4321
"""Who owns the secrets; nobody whom the machine knows."""
PATIENCE = 240
"""Seconds; a busy machine takes long."""
LEASE = 4
"""Seconds; a busy machine would not lose it."""
FILES = ("docker-compose.yml", "override.yml")
FILES_POSTGRES = (FILES[0], "docker-compose.postgres.yml", FILES[1], "override-postgres.yml")
"""The operator's switch, and what the tests change in each of its positions."""


def missing() -> str:
    """What keeps this machine from it, and how to get it; empty if nothing does."""
    if lack := lacking():
        return lack
    if path_of("docker-compose") is None:
        return "no docker-compose: apt-get install docker-compose"
    if path_of("prometheus") is None or not postgres_folder():
        return "no database or no Prometheus: apt-get install postgresql prometheus"
    if not JS_IPFS.exists():
        return "no IPFS daemon: run `npm install --ignore-scripts` in tests/ipfs with Node 22 or newer"
    if sys.version_info[:2] != (3, 11):
        return f"the image has the Python 3.11 of {SUITE}: run the tests with Python 3.11"
    return ""


class Stack:
    """A folder as its operator has it, and the services that run from it."""

    def __init__(self, engine: DockerEngine, folder: Path, private_key: bytes) -> None:
        self.engine = engine
        self.folder = folder / "compose"
        self.chain_port, self.watch_port, self.prometheus_port, self.standby_port = (
            free_port() for _ in range(4)
        )
        self.files = FILES
        shutil.copytree(EXAMPLE, self.folder, ignore=shutil.ignore_patterns("wheels", "secrets", ".env"))
        shutil.copytree(EXAMPLE.parent / "watching", folder / "watching")
        self._write(private_key)

    def _write(self, private_key: bytes) -> None:
        hidden = self.folder / "secrets"
        hidden.mkdir()
        save_key(private_key, hidden / "key.json")
        (hidden / "password").write_text(PASSWORD)
        for name in ("runner-token", "postgres-password"):
            (hidden / name).write_text(secrets.token_hex(32))
        for path in hidden.iterdir():
            path.chmod(0o400)
            os.chown(path, USER, USER)
        runner = self.folder / "runner.toml"
        (line,) = (each for each in runner.read_text().splitlines() if each.startswith("images"))
        runner.write_text(runner.read_text().replace(line, f'images = ["{self.engine.runtime}"]'))
        journal = self.folder / "node-postgres.toml"
        journal.write_text(journal.read_text().replace("[journal]", f"[journal]\nlease_seconds = {LEASE}"))
        self._write_settings()
        changed = override(self.folder, self.chain_port)
        (self.folder / "override.yml").write_text(yaml.safe_dump(changed))
        changed = override_postgres(self.folder, USER)
        (self.folder / "override-postgres.yml").write_text(yaml.safe_dump(changed))

    def _write_settings(self) -> None:
        settings = {
            "CHAINBOY_UID": USER,
            "CHAINBOY_GID": USER,
            "DOCKER_GID": (self.engine.folder / "docker.sock").stat().st_gid,
            "DOCKER_SOCKET": self.engine.folder / "docker.sock",
            "COMPOSE_FILE": ":".join(self.files),
            "COMPOSE_PROFILES": "standby" if self.files == FILES_POSTGRES else "",
            "BASE": f"chainboy-base:{SUITE}",
            "OFFLINE": 1,
            "WATCH_PORT": self.watch_port,
            "STANDBY_PORT": self.standby_port,
            "PROMETHEUS_PORT": self.prometheus_port,
        }
        lines = (f"{name}={value}\n" for name, value in settings.items())
        (self.folder / ".env").write_text("".join(lines))

    def use_postgres(self) -> None:
        """Turn the switch, and start what it adds; no more than once."""
        if self.files != FILES_POSTGRES:
            self.files = FILES_POSTGRES
            self._write_settings()
            self.up()

    @property
    def secrets(self) -> list[str]:
        """What may be seen nowhere; the key as its file has it."""
        return [path.read_text() for path in (self.folder / "secrets").iterdir()]

    @cached_property
    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return kept | {"DOCKER_HOST": self.engine.host}

    def build(self) -> None:
        """The wheels of this checkout and all it needs, and the images from them, without any index."""
        wheels = self.folder / "wheels"
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", wheels]
        subprocess.run([*pip, f"{ROOT}[ipfs,postgres]"], check=True, timeout=300)
        with closing(self.engine.client()) as client:
            stand_in = self.folder / "stand-in"
            stand_in.mkdir()
            (stand_in / "Dockerfile").write_text(DOCKERFILE)
            base = {"BASE": f"chainboy-base:{SUITE}"}
            client.images.build(path=str(stand_in), tag=IMAGE, buildargs=base, network_mode="none", rm=True)
        self.compose("build", "--quiet", "check-node")

    def compose(
        self, *arguments: str, check: bool = True, project: str = PROJECT
    ) -> subprocess.CompletedProcess[str]:
        """``docker-compose`` with these arguments, to its end."""
        done = subprocess.run(
            [str(path_of("docker-compose")), "--no-ansi", *arguments],
            cwd=self.folder,
            env=self._environment | {"COMPOSE_PROJECT_NAME": project},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if check and done.returncode:
            pytest.fail(f"docker-compose {arguments[0]}: {done.stdout}{done.stderr}{self.logs()}")
        return done

    def logs(self) -> str:
        """What the services said."""
        return self.compose("logs", "--no-color", "--tail", "60", check=False).stdout

    def up(self, *services: str) -> None:
        """Start what does not run."""
        profiles = [f"--profile={service}" for service in services if service in PROFILES]
        self.compose(*profiles, "up", "--detach", "--no-build", *services)

    def down(self) -> None:
        """End all, and forget what they kept."""
        profiles = [f"--profile={name}" for name in PROFILES]
        self.compose(*profiles, "down", "--volumes", "--timeout", "5", check=False)

    def inspect(self, service: str) -> dict[str, Any]:
        """What the engine says of the service's container."""
        with closing(self.engine.client()) as client:
            found: dict[str, Any] = client.api.inspect_container(f"chainboy_{service}_1")
        return found

    def kill(self, service: str) -> None:
        """``docker kill``."""
        with closing(self.engine.client()) as client:
            client.api.kill(f"chainboy_{service}_1")

    def address(self, service: str, network: str) -> str:
        """Where this machine finds a service that it shows nobody."""
        networks = self.inspect(service)["NetworkSettings"]["Networks"]
        return str(networks[f"chainboy_{network}"]["IPAddress"])

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Until it holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"nothing happened: {self.logs()}")
            time.sleep(0.2)
