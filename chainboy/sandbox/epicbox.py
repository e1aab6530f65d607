"""Programs in containers of a Docker engine: any Python with any library, not metered.

A runtime is ``docker:NAME@sha256:DIGEST``: an image that has the guest inside (:mod:`.container.context`), so
that it decides the outcome alone. Fuel is 0. Whatever a host does to a run, by a clock, a memory limit or a
kill, ends it without an outcome.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from chainboy.errors import ConfigError, RuntimeNotServed, SandboxError
from chainboy.programs.metadata import parse
from chainboy.sandbox import exchange
from chainboy.sandbox.container.engine import Ended, Engine
from chainboy.sandbox.container.image import ImageName, unfit
from chainboy.sandbox.container.limits import Limits
from chainboy.sandbox.protocol import Job, Run
from chainboy.tables import Table, each, flag, positive, seconds

HOST = "unix:///var/run/docker.sock"

_log = logging.getLogger(__name__)


class EpicboxSandbox:
    """Runs programs of the images that ``images`` allows, each run in a container of its own.

    ``host`` is the engine's address (``unix://…`` or ``tcp://…``), ``oci_runtime`` the name of another
    runtime that the engine knows, such as ``runsc``. Images are looked for in the engine alone unless
    ``pull``. Instances may be shared by threads, forked and pickled. :class:`RuntimeNotServed` for an image
    without a digest.
    """

    def __init__(
        self,
        images: Iterable[str],
        *,
        host: str = HOST,
        limits: Limits | None = None,
        oci_runtime: str | None = None,
        pull: bool = False,
    ) -> None:
        self._images = {runtime: ImageName.parse(runtime) for runtime in sorted(images)}
        self._settings = _Settings(host=host, limits=limits or Limits(), oci_runtime=oci_runtime, pull=pull)
        self._engine = Engine(host, limits=self._settings.limits, oci_runtime=oci_runtime)
        self._held: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (list(self._images), self._settings)

    @property
    def images(self) -> tuple[str, ...]:
        """The runtimes that are allowed, whether or not the engine holds their images."""
        return tuple(self._images)

    def serves(self, runtime: str) -> bool:
        """Whether ``runtime`` is allowed and the engine holds its image; as last known while it is down."""
        if runtime not in self._images:
            return False
        try:
            self._image(runtime)
        except RuntimeNotServed as error:
            _log.warning("%s", str(error))
            self._held.discard(runtime)
        except SandboxError as error:
            _log.warning("%s", str(error))
        else:
            self._held.add(runtime)
        return runtime in self._held

    def run(self, job: Job) -> Run:
        """Run ``job``; its fuel limit has no meaning here.

        Where several images are allowed the program's own ``runtime`` says in which.
        """
        start = time.monotonic()
        runtime = next(iter(self._images)) if len(self._images) == 1 else parse(job.program).runtime
        ended = self._engine.run(self._image(runtime), exchange.question(job))
        outcome, log = exchange.outcome(self._answer(ended))
        return Run(outcome=outcome, logs=log, seconds=time.monotonic() - start)

    def close(self) -> None:
        """Let the connections to the engine go."""
        self._engine.close()

    def _image(self, runtime: str) -> str:
        """The id of the image that the engine really holds; :class:`SandboxError` if none may be run."""
        if runtime not in self._images:
            raise RuntimeNotServed(f"{runtime} is not allowed here; add it to images")
        name = self._images[runtime]
        image = self._engine.image(name)
        if image is None and self._settings.pull:
            self._engine.pull(name)
            image = self._engine.image(name)
        if image is None:
            raise RuntimeNotServed(f"the engine does not hold {name.reference}; pull or build it")
        reason = unfit(image, room_mib=self._settings.limits.room_mib)
        if reason is not None:
            raise RuntimeNotServed(f"{name.reference} cannot be run: {reason}")
        return str(image["Id"])

    def _answer(self, ended: Ended) -> bytes:
        """What the guest answered, if it could, and if no limit of this host had a part in it."""
        limits = self._settings.limits
        if ended.out_of_memory:
            raise SandboxError(f"the run took over {limits.memory_mib} MiB; raise memory_mib")
        if ended.exit_code != 0 or not ended.answer.endswith(b"\n"):
            took = f"{limits.wall_clock_limit:g} s or {limits.cpu_seconds} s of CPU time"
            raise SandboxError(f"the run took over {took}, or was killed; raise what is too low")
        return ended.answer


@attrs.frozen(kw_only=True)
class _Settings:
    host: str
    limits: Limits
    oci_runtime: str | None
    pull: bool


def _again(images: list[str], settings: _Settings) -> EpicboxSandbox:
    return EpicboxSandbox(images, **attrs.asdict(settings, recurse=False))


def configured(table: Table, _folder: Path) -> EpicboxSandbox:
    """The sandbox that ``[sandboxes.docker]`` describes; nothing is asked of the engine yet."""
    usual = Limits()
    images = table.take("images", _runtimes)
    return EpicboxSandbox(
        images,
        host=table.take("host", _address, HOST),
        oci_runtime=table.take("oci_runtime", str, None),
        pull=table.take("pull", flag, False),
        limits=Limits(
            wall_clock_limit=table.take("wall_clock_limit", seconds, usual.wall_clock_limit),
            cpu_seconds=table.take("cpu_seconds", positive, usual.cpu_seconds),
            work_mib=(work := table.take("work_mib", positive, usual.work_mib)),
            memory_mib=table.take("memory_mib", lambda value: _memory(value, work), usual.memory_mib),
            processes=table.take("processes", positive, usual.processes),
            cpus=table.take("cpus", seconds, usual.cpus),
        ),
    )


def _runtimes(value: Any) -> frozenset[str]:
    found = each(_runtime)(value)
    if not found:
        raise ConfigError("name at least one image")
    return found


def _runtime(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError("give images as docker:NAME@sha256:DIGEST")
    ImageName.parse(value)
    return value


def _memory(value: Any, work: int) -> int:
    found = positive(value)
    if Limits(memory_mib=found, work_mib=work).room_mib < 1:
        raise ConfigError("nothing is left for a program beside the work folder; give more")
    return found


def _address(value: Any) -> str:
    scheme, found, place = str(value).partition("://")
    if not (found and place) or scheme not in ("unix", "tcp"):
        raise ConfigError("give unix:// and the path of a socket, or tcp://HOST:PORT")
    return str(value)
