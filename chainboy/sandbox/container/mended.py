"""epicbox 1.1.0 as it is needed here: a copy of our own, so that the one others import stays as it is.

What is wrong with it for our purpose, and what is done:

- Importing it configures structlog for the whole process: put back.
- It logs through structlog's global configuration, programs and all: the copy logs to our logger, below info.
- It keeps one client per process, whatever the engine's address, and makes it with an argument that urllib3 2
  no longer has: the copy asks us for the client of the sandbox that is calling, each time.
- It cannot drop capabilities, set no-new-privileges, label, mount a folder in memory or name a runtime: the
  client it gets adds that (:func:`chainboy.sandbox.container.limits.hardened`).
- It keeps whatever a container writes, waits on file descriptors below 1,024 only, sleeps between looks, and
  asks for a container's state when that may not be final: the copy talks by our own function.
- It changes the limits it is given and fills in its own: every caller gives all of them, in a new dict.
- Its defaults are root, a writable image and any number of processes: no default is used.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

NAME = "_chainboy_epicbox"
"""The copy's name among the loaded modules."""

Communicate = Callable[..., tuple[bytes, bytes]]

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_client: ContextVar[Any] = ContextVar("client of the sandbox that is calling")


def epicbox(communicate: Communicate) -> Any:
    """The copy, made at the first call; ``communicate(container, stdin, timeout=…)`` replaces its own."""
    with _lock:
        if NAME not in sys.modules:
            _mend(_copy(), communicate)
        return sys.modules[NAME]


@contextmanager
def calling(client: Any) -> Iterator[None]:
    """Have the copy use ``client`` in this thread."""
    token = _client.set(client)
    try:
        yield
    finally:
        _client.reset(token)


def _copy() -> ModuleType:
    import structlog  # noqa: PLC0415 - heavy

    found: Any = importlib.util.find_spec("epicbox")
    spec: Any = importlib.util.spec_from_file_location(
        NAME, found.origin, submodule_search_locations=found.submodule_search_locations
    )
    module = importlib.util.module_from_spec(spec)
    configured = structlog.is_configured()
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[NAME]
        raise
    finally:
        if not configured:
            structlog.reset_defaults()
    return module


def _mend(module: Any, communicate: Communicate) -> None:
    module.utils.get_docker_client = lambda *_arguments, **_options: _client.get()
    module.utils.docker_communicate = communicate
    module.utils.logger = module.sandboxes.logger = _Quiet()


class _Quiet:
    """As much of a structlog logger as the copy uses; what went wrong is raised, too, so it is said once."""

    def bind(self, **_context: Any) -> _Quiet:
        return self

    def info(self, event: str, **_context: Any) -> None:
        _log.debug("%s", event)

    debug = warning = exception = info
