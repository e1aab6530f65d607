"""A runner's configuration file: TOML, like a node's. Paths are relative to the file's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import attrs

from chainboy.logs import LogFormat
from chainboy.plugins import SANDBOXES
from chainboy.sandbox.link import LEAST_TOKEN
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.secret import read_secret
from chainboy.service import LogLevel
from chainboy.tables import Table, host_and_port, positive

WORKERS = 2
"""Programs at the same time, unless told otherwise."""

_UNIX = "unix://"


@attrs.frozen(kw_only=True)
class RunnerConfig:
    """All that a runner is told; see :meth:`load`.

    ``listen``: a host and a port, or the path of a Unix socket and no port. ``token_file``: the secret that
    it shares with its node.
    """

    listen: tuple[str, int | None]
    token_file: Path
    sandboxes: tuple[Sandbox, ...]
    """Asked in this order whether they serve a program's runtime."""
    workers: int = WORKERS
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT

    @property
    def url(self) -> str:
        """Where its node finds it."""
        host, port = self.listen
        if port is None:
            return f"{_UNIX}{host}"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def token(self) -> str:
        """The secret; raises :class:`~chainboy.errors.ConfigError` when it cannot be read or is short."""
        return read_secret(self.token_file, least=LEAST_TOKEN)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The configuration in the file ``path``.

        Raises :class:`~chainboy.errors.ConfigError` that names the key for anything missing, unknown or
        malformed. Files that are named are not opened.
        """
        return cls.read(Table.load(path), path.parent)

    @classmethod
    def read(cls, file: Table, folder: Path) -> Self:
        """The configuration in a file's tables; paths are relative to ``folder``."""
        runner = file.table("runner")
        config = cls(
            listen=runner.take("listen", lambda value: _listen(value, folder)),
            token_file=folder / runner.take("token_file", str),
            workers=runner.take("workers", positive, WORKERS),
            log_level=runner.take("log_level", LogLevel, LogLevel.INFO),
            log_format=runner.take("log_format", LogFormat, LogFormat.TEXT),
            sandboxes=SANDBOXES.make(file.table("sandboxes", optional=True), folder) or (WasmSandbox(),),
        )
        for table in (runner, file):
            table.finish()
        return config


def _listen(value: Any, folder: Path) -> tuple[str, int | None]:
    if isinstance(value, str) and value.startswith(_UNIX) and value != _UNIX:
        return str(folder / value.removeprefix(_UNIX)), None
    try:
        return host_and_port(value)
    except ValueError:
        raise ValueError("give unix:// and the path of a socket, or HOST:PORT, as 127.0.0.1:8700") from None
