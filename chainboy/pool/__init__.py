"""Where programs run: threads, processes of this machine, a cluster, or any executor of the standard kind."""

from __future__ import annotations

from chainboy.pool.pool import Pool, threads
from chainboy.pool.portable import Portable
from chainboy.pool.processes import ProcessPool
from chainboy.pool.running import run
from chainboy.pool.settings import PoolSettings, configured

__all__ = ["Pool", "PoolSettings", "Portable", "ProcessPool", "configured", "run", "threads"]
