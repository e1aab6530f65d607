"""A PostgreSQL server of the tests' own: the fixture ``postgres``.

It listens on the loopback and in its own folder, wants a password, and is gone afterwards. Where it is
missing the tests are skipped, or fail if the environment has ``CI``.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainboy.testing.ports import free_port

USER, PASSWORD = "operator", "an0ther-open-secret"
START_SECONDS = 60
UNPRIVILEGED = "nobody"
"""Who runs the server when the tests are root's, whom it refuses."""

SMALL = ("fsync=off", "shared_buffers=16MB", "max_connections=50", "autovacuum=off")
"""What is no test of ours may be as fast as it can; processes are killed here, not machines."""


class PostgresServer:
    """A server in ``folder``; started, stopped and killed at will."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._binaries = binaries
        self._names = (f"journal{number}" for number in itertools.count())
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Make its files."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            for path in (self.folder, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        options = ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--locale=C", "--encoding=UTF8"]
        made = self._as_user("initdb", "-D", str(self.folder / "data"), "-U", USER, *options)
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = itertools.chain.from_iterable(("-c", each) for each in SMALL)
        places = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        command = self._as_user("postgres", *places, "-h", "127.0.0.1", *settings)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        end = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("postgres did not start:\n" + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT lets transactions go, SIGQUIT drops everything at once."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_SECONDS)
            self._process = None

    def database(self) -> str:
        """The URL of a new database."""
        import psycopg  # noqa: PLC0415 - an extra

        name = next(self._names)
        with contextlib.closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str, *, port: int | None = None) -> str:
        """The URL of a database, through a proxy's ``port`` if one is given."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port or self.port}/{database}"

    def _as_user(self, tool: str, *arguments: str) -> list[str]:
        command = ["setpriv", "--pdeathsig", "QUIT"]
        if os.geteuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            command += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        return [*command, str(self._binaries / tool), *arguments]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server; tests that stop it must start it again."""
    binaries = _binaries()
    if binaries is None:
        missing = "no PostgreSQL server to start: apt-get install postgresql"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    folder = Path(tempfile.mkdtemp(prefix="chainboy-postgres-"))
    server = PostgresServer(folder, binaries)
    try:
        server.begin()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """Where the server's programs are: Debian has them out of the way."""
    places = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(places, key=lambda place: int(place.parents[1].name), default=shutil.which("initdb"))
    return None if newest is None else Path(newest).parent
