"""One Docker engine: what images it holds, and a container for each run."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from chainboy.errors import SandboxError
from chainboy.sandbox.container import mended
from chainboy.sandbox.container.image import ImageName
from chainboy.sandbox.container.limits import USER, Limits, hardened
from chainboy.sandbox.container.owner import OWNER_LABEL, UNTIL_LABEL, Owner, is_leftover
from chainboy.sandbox.container.stream import STDOUT, communicate

MAX_ANSWER = 4 << 20
"""Most bytes that a container may write; the guest stops at half of it."""
ANSWER_TIME = 30
"""Seconds in which the engine must answer a request."""
SLACK = 5.0
"""Seconds beyond the wall-clock limit after which a container is given up that did not end itself."""

_log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """How a container ended."""

    answer: bytes
    exit_code: int | None
    """None if it was given up."""
    out_of_memory: bool


class Engine:
    """The engine at ``host``, for many threads and across forks; nothing is opened before use."""

    def __init__(self, host: str, *, limits: Limits, oci_runtime: str | None) -> None:
        self._host = host
        self._limits = limits
        self._oci_runtime = oci_runtime
        self._lock = threading.Lock()
        self._client: Any = None
        self._pid = 0

    def image(self, name: ImageName) -> Mapping[str, Any] | None:
        """The engine's description of the image; None if it does not hold it."""
        from docker.errors import ImageNotFound  # noqa: PLC0415 - heavy

        with self._asking() as client:
            for reference in (name.reference, name.digest):
                try:
                    found: Mapping[str, Any] = client.api.inspect_image(reference)
                except ImageNotFound:
                    continue
                if name.names(found):
                    return found
        return None

    def pull(self, name: ImageName) -> None:
        """Have the engine fetch the image by its digest."""
        with self._asking() as client:
            client.images.pull(name.reference)

    def run(self, image: str, question: bytes) -> Ended:
        """Ask a new container of the image with this id; it is gone afterwards."""
        limits = self._limits
        bounds = {
            "cputime": limits.cpu_seconds,
            "realtime": limits.wall_clock_limit + SLACK,
            "memory": limits.memory_mib,
            "processes": limits.processes,
            "file_size": limits.work_mib << 20,
        }
        box = mended.epicbox(_communicate)
        profile = box.Profile(image, image, user=USER, read_only=True, network_disabled=True)
        with self._asking() as client, mended.calling(_Hardening(client, self._options)):
            box.config.PROFILES[image] = profile
            try:
                ended = box.run(image, stdin=question, limits=bounds)
            except box.exceptions.EpicBoxError as error:
                raise OSError(str(error)) from error
        return Ended(ended["stdout"], ended["exit_code"], ended["oom_killed"])

    def close(self) -> None:
        """Let the connections go; the next call opens new ones."""
        with self._lock:
            if self._client is not None and self._pid == os.getpid():
                self._client.close()
            self._client = None

    def _options(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        until = time.time() + self._limits.wall_clock_limit + SLACK
        labels = {OWNER_LABEL: str(Owner.current()), UNTIL_LABEL: str(round(until))}
        return hardened(asked, limits=self._limits, labels=labels, oci_runtime=self._oci_runtime)

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """The client; whatever an engine can do to us is a :class:`SandboxError`."""
        from docker.errors import DockerException  # noqa: PLC0415 - heavy
        from requests.exceptions import RequestException  # noqa: PLC0415 - heavy

        try:
            yield self._connected()
        except (DockerException, RequestException, OSError) as error:
            self.close()  # what is left behind is reaped when the engine is there again
            raise SandboxError(f"the Docker engine at {self._host} failed: {_first_line(error)}") from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None or self._pid != os.getpid():
                from chainboy.sandbox.container.connecting import connected  # noqa: PLC0415 - heavy

                client = connected(self._host, ANSWER_TIME)
                _reap(client)
                self._client, self._pid = client, os.getpid()
            return self._client


class _Hardening:
    """The client that epicbox sees: containers it creates get our options, too."""

    def __init__(self, client: Any, options: Any) -> None:
        self._client = client
        self._options = options

    @property
    def containers(self) -> Any:
        return self

    def create(self, image: str, **asked: Any) -> Any:
        return self._client.containers.create(image, **self._options(asked))


def _communicate(container: Any, stdin: bytes, timeout: float) -> tuple[bytes, bytes]:
    """In place of epicbox's own: start the container and talk with it to its end."""
    ways = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
    attached = container.client.api.attach_socket(container.id, params=ways)
    with closing(attached._response):  # noqa: SLF001 - closing `attached` would leave the connection open
        streams = communicate(attached._sock, stdin, timeout, MAX_ANSWER, container.start)  # noqa: SLF001
    container.wait(timeout=ANSWER_TIME)
    return streams.read(STDOUT), b""


def _reap(client: Any) -> None:
    """Remove containers whose owners are gone."""
    from docker.errors import APIError  # noqa: PLC0415 - heavy

    owner, now = Owner.current(), time.time()
    for found in client.api.containers(all=True, filters={"label": OWNER_LABEL}):
        if is_leftover(found["Labels"], seen_by=owner, now=now):
            try:
                client.api.remove_container(found["Id"], force=True, v=True)
            except APIError as error:  # somebody else reaps, too
                _log.debug("a leftover container could not be removed: %s", str(error))
            else:
                _log.info("removed a container that a node left behind: %s", found["Id"][:12])


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
