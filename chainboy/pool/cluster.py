"""A Dask cluster as an executor: runs go to its workers, which have this package installed.

Whoever controls the cluster controls the answers, and so the bond, of the node that uses it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from chainboy.errors import ChainBoyError, ConfigError, SandboxError

if TYPE_CHECKING:
    from distributed import Client
    from tornado.ioloop import IOLoop

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 16
"""Programs that run on a cluster at the same time, unless told otherwise."""

CONNECTING = 5.0
"""Seconds to wait for the scheduler."""


class Cluster(Executor):
    """Makes calls on the cluster whose scheduler is at ``address``, as Dask writes it: ``tcp://host:port``.

    It connects when first used, and again after the scheduler was away. Dask makes the calls of lost workers
    again on others. A scheduler that cannot be reached, and a cluster that gives a call up, raise
    :class:`~chainboy.errors.SandboxError`, at once or from the future. Certificates for ``tls://`` addresses
    are taken from Dask's own configuration.
    """

    def __init__(self, address: str) -> None:
        _require_dask()
        self._address = address
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._loop: IOLoop | None = None
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn``, which the workers import by its name."""
        executor = self._connected().get_executor(pure=False)
        return _Relayed(executor.submit(fn, *args, **kwargs), self._address)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; it forgets what this client asked for, done or not."""
        del wait, cancel_futures
        with self._lock:
            self._ended = True
            if self._client is not None:
                self._client.close()
            if self._loop is not None:
                self._loop.add_callback(self._loop.stop)

    def _connected(self) -> Client:
        with self._lock:
            if self._ended:
                raise SandboxError("the pool was closed; the program runs when the node is started again")
            if self._client is None or self._client.status == "closed":
                self._client = self._connect()
            if self._client.status != "running":
                raise self._away()
            return self._client

    def _connect(self) -> Client:
        """A new client. All share a loop of ours: one that cannot connect would leave its own behind."""
        from distributed import Client  # noqa: PLC0415 - heavy
        from tornado.ioloop import IOLoop  # noqa: PLC0415 - heavy

        if self._loop is None:
            self._loop = _turning(IOLoop(make_current=False))
        options = {"loop": self._loop, "timeout": CONNECTING, "set_as_default": False, "name": "chainboy"}
        try:
            return Client(self._address, **options)
        except (OSError, ValueError) as error:
            raise self._away() from error

    def _away(self) -> SandboxError:
        return SandboxError(f"the Dask scheduler at {self._address} cannot be reached; start it")


class _Relayed(Future[T]):
    """What became of a call on the cluster, its errors told as ours; cancelling it cancels the call."""

    def __init__(self, theirs: Future[T], address: str) -> None:
        super().__init__()
        self._theirs = theirs
        self._address = address
        theirs.add_done_callback(self._settle)

    def cancel(self) -> bool:
        """Tell the cluster to forget the call."""
        return self._theirs.cancel()

    def _settle(self, theirs: Future[T]) -> None:
        if theirs.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
        elif (error := theirs.exception()) is None:
            self.set_result(theirs.result())
        else:
            self.set_exception(self._told(error))

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, ChainBoyError):
            return error
        told = SandboxError(
            f"the Dask cluster at {self._address} did not run the program ({type(error).__name__}: {error}); "
            "look at its workers' logs, they need this version of chainboy"
        )
        told.__cause__ = error
        return told


def _turning(loop: IOLoop) -> IOLoop:
    """The same, run by a thread of its own; Dask refuses one that does not run yet."""
    running = threading.Event()
    loop.add_callback(running.set)
    threading.Thread(target=_turn, args=(loop,), name="chainboy-dask", daemon=True).start()
    running.wait()
    return loop


def _turn(loop: IOLoop) -> None:
    """Run it until it is stopped, then let its sockets go."""
    loop.start()
    loop.close()


def _require_dask() -> None:
    try:
        import distributed  # noqa: F401, PLC0415 - heavy
    except ImportError as error:
        raise ConfigError("a Dask cluster needs its client; pip install 'chainboy[dask]'") from error
