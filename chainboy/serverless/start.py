"""Makes the function that a configuration file describes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.keys import Key
from chainboy.errors import ConfigError
from chainboy.node.config import NodeConfig
from chainboy.node.journal import Probe
from chainboy.pool.settings import Kind, PoolSettings
from chainboy.sandbox.protocol import Sandbox
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.secret import read_secret
from chainboy.serverless.function import Function
from chainboy.serverless.pushes import Pushes, desk_of, watcher_of
from chainboy.serverless.settings import Settings, configured
from chainboy.serverless.workbench import Maker

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer
    from chainboy.node.runner import Node

LEAST_SECRET = 20
"""Characters of the secret in a tick's address."""


@attrs.define
class HeldKey:
    """A key that is read once, for what it is read from may then be gone."""

    key: Key
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _signer: Signer | None = attrs.field(default=None, init=False, repr=False)

    def signer(self) -> Signer:
        """See :meth:`~chainboy.chain.keys.Key.signer`."""
        with self._lock:
            if self._signer is None:
                self._signer = self.key.signer()
            return self._signer


def function_of(path: Path, *, sandbox: Sandbox | None = None) -> Function:
    """The function of the file ``path``; raises :class:`~chainboy.errors.ConfigError`.

    ``sandbox`` replaces those of the configuration, which are tested first.
    """
    config = NodeConfig.load(path)
    if config.serverless is None:
        raise ConfigError(f"{path}: [serverless] is missing; add it with a [serverless.store]")
    settings = configured(config.serverless, path.parent)
    desk = desk_of(config.watcher)
    pushes = None if desk is None else Pushes(desk)
    return Function(
        maker(config, settings, pushes, sandbox=sandbox),
        settings.store,
        name=settings.name,
        budget=settings.budget,
        desk=None if desk is None else desk.handle,
        pushes=pushes,
        tick_secret=_secret(settings),
    )


def maker(
    config: NodeConfig, settings: Settings, pushes: Pushes | None, *, sandbox: Sandbox | None = None
) -> Maker:
    """Makes the node of ``config`` as a function has it: without a server, its programs in threads."""
    fitted = attrs.evolve(
        config,
        key=HeldKey(config.key),
        pool=PoolSettings(kind=Kind.THREADS, workers=config.pool.workers, queue=config.pool.queue),
        sandboxes=tuple(_within(each, settings.budget.most) for each in config.sandboxes),
        watcher=watcher_of(config.watcher, pushes),
        watch=None,
    )

    def make(journal: Path, probe: Probe) -> Node:
        from chainboy.node.start import node_of  # noqa: PLC0415 - loads web3

        return node_of(attrs.evolve(fitted, journal=journal), sandbox=sandbox, probe=probe)

    return make


def _within(sandbox: Sandbox, seconds: float) -> Sandbox:
    return sandbox.within(seconds) if isinstance(sandbox, WasmSandbox) else sandbox


def _secret(settings: Settings) -> str | None:
    if settings.tick_key_file is None:
        return None
    return read_secret(settings.tick_key_file, least=LEAST_SECRET)
