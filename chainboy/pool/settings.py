"""The table ``[pool]`` of a node's configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import attrs

from chainboy.errors import ConfigError
from chainboy.pool import pool
from chainboy.pool.cluster import WORKERS as CLUSTER_WORKERS
from chainboy.pool.cluster import Cluster
from chainboy.pool.pool import Pool
from chainboy.pool.portable import Portable
from chainboy.pool.processes import ProcessPool
from chainboy.sandbox.protocol import Sandbox
from chainboy.tables import Table, amount, positive


class Kind(Enum):
    """Where on this machine programs run."""

    PROCESSES = "processes"
    """In processes of their own: whatever becomes of one, the node lives."""
    THREADS = "threads"
    """In this process: the least memory."""


@attrs.frozen(kw_only=True)
class PoolSettings:
    """Which pool a node has; ``dask`` is a scheduler's address, and then ``kind`` has no meaning."""

    kind: Kind = Kind.PROCESSES
    dask: str | None = None
    workers: int = pool.WORKERS
    queue: int = pool.QUEUE

    def open(self, sandboxes: Iterable[Sandbox] = ()) -> Pool:
        """The pool for programs in these sandboxes.

        Raises :class:`~chainboy.errors.ConfigError` if Dask is asked for and not installed, or if one of the
        sandboxes cannot be sent to other processes and would have to be.
        """
        if self.dask is not None or self.kind is Kind.PROCESSES:
            for sandbox in sandboxes:
                _ = Portable(sandbox).packed
        if self.dask is not None:
            return Pool(executor=Cluster(self.dask), workers=self.workers, queue=self.queue)
        return _MAKERS[self.kind](self.workers, self.queue)


def _processes(workers: int, queue: int) -> Pool:
    return Pool(executor=ProcessPool(workers), workers=workers, queue=queue)


_MAKERS: Mapping[Kind, Callable[[int, int], Pool]] = MappingProxyType(
    {Kind.PROCESSES: _processes, Kind.THREADS: pool.threads}
)


def configured(table: Table, _folder: Path) -> PoolSettings:
    """The settings in the table; :class:`~chainboy.errors.ConfigError` names the key that is wrong."""
    if "dask" in table and "kind" in table:
        raise ConfigError(f"{table.name}kind has no meaning beside dask; remove one of both")
    dask = table.take("dask", _scheduler, None)
    settings = PoolSettings(
        kind=table.take("kind", Kind, Kind.PROCESSES),
        dask=dask,
        workers=table.take("workers", positive, CLUSTER_WORKERS if dask else pool.WORKERS),
        queue=table.take("queue", amount, pool.QUEUE),
    )
    table.finish()
    return settings


def _scheduler(value: object) -> str:
    if not isinstance(value, str) or "://" not in value:
        raise ValueError('give the scheduler\'s address, like "tcp://127.0.0.1:8786"')
    return value
