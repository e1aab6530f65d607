"""The way to a runner: one request at a time over HTTP, at a Unix socket or a port, within time and bytes."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.errors import ConfigError, EncodingError, SandboxError
from chainboy.sandbox import wire
from chainboy.secret import read_secret

if TYPE_CHECKING:
    import httpx

LEAST_TOKEN = 32
"""Fewest characters of the secret that a node and its runner share."""

CONNECT = 5.0
"""Seconds to connect, and for all that is no run."""

OK, UNAUTHORIZED, CONFLICT = 200, 401, 409

_UNIX = "unix://"


class Restarted(SandboxError):
    """The runner was started again since it was last asked about itself."""


@attrs.frozen(kw_only=True)
class Link:
    """The runner at ``url``; ``wall_clock_limit``: seconds for a job. Raises :class:`ConfigError`."""

    url: str = attrs.field()
    token_file: Path
    wall_clock_limit: float

    @url.validator
    def _check(self, _field: object, url: str) -> None:
        scheme, _, place = url.partition("://")
        if scheme not in ("unix", "http", "https") or not place.strip("/"):
            raise ConfigError("give unix:// and the path of a socket, or http://HOST:PORT")

    def get(self, path: str) -> bytes:
        """What the runner has there."""
        return self._ask("GET", path, b"", CONNECT)

    def post(self, path: str, body: bytes) -> bytes:
        """What it makes of ``body``."""
        return self._ask("POST", path, body, self.wall_clock_limit)

    def token(self) -> str:
        """The secret; raises :class:`ConfigError` when it cannot be read or is short."""
        return read_secret(self.token_file, least=LEAST_TOKEN)

    def _ask(self, method: str, path: str, body: bytes, limit: float) -> bytes:
        import httpx  # noqa: PLC0415 - heavy

        headers = {"Authorization": f"Bearer {self.token()}", "Accept-Encoding": "identity"}
        deadline = time.monotonic() + limit
        try:
            _knock(self.url)
            with (
                self._client(limit) as client,
                client.stream(method, path, content=body, headers=headers) as response,
            ):
                data = _body(response, deadline)
                status = response.status_code
        except (httpx.HTTPError, OSError) as error:
            reason = f"{self.url}: {str(error) or type(error).__name__}"
            raise SandboxError(f"the runner gave no answer ({reason}); see that it runs") from error
        return self._judged(status, data)

    def _client(self, limit: float) -> httpx.Client:
        import httpx  # noqa: PLC0415 - heavy

        timeout = httpx.Timeout(limit, connect=min(CONNECT, limit))
        at_socket = self.url.startswith(_UNIX)
        transport = httpx.HTTPTransport(
            uds=self.url.removeprefix(_UNIX) if at_socket else None,
            verify=self.url.startswith("https://"),  # else the certificates are not even loaded
            trust_env=False,  # no proxy is to see the token
        )
        return httpx.Client(
            base_url="http://runner" if at_socket else self.url, transport=transport, timeout=timeout
        )

    def _judged(self, status: int, data: bytes) -> bytes:
        """The body of a good answer; else the error that it stands for."""
        if status == OK:
            return data
        if status == UNAUTHORIZED:
            raise SandboxError(f"the runner at {self.url} refuses the token; give it and the node the same")
        if status == CONFLICT:
            raise Restarted(f"the runner at {self.url} was started again; try again")
        try:
            error = wire.unpack_error(data)
        except EncodingError:
            raise SandboxError(f"the runner at {self.url} failed with status {status}; see its log") from None
        raise error


def _knock(url: str) -> None:
    """Raise :class:`OSError` if nobody listens at the socket; the library would leave its own end open."""
    if url.startswith(_UNIX):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(CONNECT)
            door.connect(url.removeprefix(_UNIX))


def _body(response: httpx.Response, deadline: float) -> bytes:
    """The whole body, unless there is too much of it, or it takes too long however steadily it comes."""
    data = bytearray()
    for part in response.iter_raw():
        data += part
        if len(data) > wire.MOST_ANSWER:
            raise OSError(f"it sends more than {wire.MOST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise OSError("it took too long")
    return bytes(data)
