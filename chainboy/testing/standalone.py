"""A home chain of one's own for other processes: served over HTTP, with contracts, by the wall clock."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.contracts.deployment import deploy
from chainboy.contracts.profile import Profile
from chainboy.errors import ConfigError
from chainboy.networks.file import add_contracts
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.testing.rpc_server import serve
from chainboy.units import Timestamp

NETWORK, OWNER, PASSWORD = "network.toml", "owner.json", "owner-password"
"""The files that are written."""

EPOCH = 30
"""Seconds until what was bonded counts."""

_BEAT = 0.25

_FILE = """\
# A chain of this machine alone; it is gone when its process ends.

[home]
name = "local"
chain_id = {chain_id}
urls = ["{url}"]
confirmations = 0
block_seconds = 1
"""


class Standalone:
    """An embedded chain with a network's contracts at a port of 127.0.0.1; use it as a context manager.

    Its files go into ``folder``: the network's, and the key with all coins and tokens, which is worthless
    anywhere else. Raises :class:`~chainboy.errors.ConfigError` if one of them is there.
    """

    def __init__(self, folder: Path, *, port: int = 0, clock: Callable[[], float] = time.time) -> None:
        for name in (NETWORK, OWNER, PASSWORD):
            if (folder / name).exists():
                raise ConfigError(f"{folder / name} is there already; choose another folder")
        self._clock = clock
        self._backend = EmbeddedChain()
        web3 = self._backend.web3
        self.chain = Chain(web3, ChainProfile.local(web3.eth.chain_id))
        self._server = serve(self.chain, port)
        try:
            self._write(folder)
        except BaseException:
            self._server.close()
            raise

    @property
    def url(self) -> str:
        """Where the chain is served."""
        return self._server.url.rstrip("/")

    def run(self, stop: threading.Event) -> None:
        """Make a block each second, besides those that transactions are in, until ``stop`` is set."""
        while not stop.wait(_BEAT):
            with self.chain.lock:
                now = int(self._clock())
                if self.chain.head().timestamp < now:
                    self._backend.travel(Timestamp(now))

    def close(self) -> None:
        """End the chain; its files stay."""
        self._server.close()
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, folder: Path) -> None:
        owner, password = KeySigner(FAUCET_KEY), secrets.token_urlsafe(16)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PASSWORD).write_text(password + "\n")
        owner.save(folder / OWNER, password)
        text = _FILE.format(chain_id=self.chain.chain_id, url=self.url)
        profile = brisk(genesis_time=self.chain.head().timestamp)
        contracts = deploy(Sender(self.chain, owner), profile, treasurer=owner.address)
        (folder / NETWORK).write_text(text)
        add_contracts(folder / NETWORK, contracts)


def brisk(*, genesis_time: Timestamp) -> Profile:
    """The figures of a local network with epochs short enough to be waited for; the same relations hold."""
    local = Profile.local(genesis_time=genesis_time)
    bounds = attrs.evolve(local.hub.bounds, max_commit_window=10)
    return Profile(
        # Shorter epochs, so more of them: bonds stay slashable longer than any task lives.
        registry=attrs.evolve(local.registry, epoch_length=EPOCH, unbonding_epochs=800, idle_epochs=1_000),
        hub=attrs.evolve(local.hub, bounds=bounds, reveal_window=10, attempt_life=10),
        gateway=attrs.evolve(local.gateway, bounds=bounds, reveal_window=10),
    )
