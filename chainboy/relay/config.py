"""A relay's configuration file: TOML, like a node's. Paths are relative to the file's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import attrs

from chainboy.chain.keys import Key
from chainboy.chain.tables import key_of
from chainboy.relay.policy import RelayPolicy
from chainboy.service import LogLevel
from chainboy.tables import Table, amount, any_address, each, flag, host_and_port, positive, seconds
from chainboy.units import Address


@attrs.frozen(kw_only=True)
class RelayConfig:
    """All that a relay process is told; see :meth:`load`.

    ``chains``: the names of the chains it carries to, the home chain's among them if that is wanted; empty:
    all remote ones. ``carried``: the nodes whose commitments and reveals it pays for, handed in at
    ``listen``, a host and a port. ``first_block``: no block of the home chain before it has anything of the
    hub.
    """

    network: Path
    key: Key
    chains: frozenset[str] = frozenset()
    policy: RelayPolicy = attrs.field(factory=RelayPolicy)
    poll_seconds: float = 1.0
    first_block: int = 0
    carried: frozenset[Address] = frozenset()
    listen: tuple[str, int] | None = None
    log_level: LogLevel = LogLevel.INFO

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
        network, relay = file.table("network"), file.table("relay", optional=True)
        usual = RelayPolicy()
        config = cls(
            network=folder / network.take("file", str),
            key=key_of(file.table("key"), folder),
            chains=relay.take("chains", each(_name), frozenset()),
            policy=RelayPolicy(
                unpaid=relay.take("unpaid", flag, usual.unpaid),
                backstop=relay.take("backstop", flag, usual.backstop),
                margin_bps=relay.take("margin_bps", amount, usual.margin_bps),
                turns=relay.take("turns", positive, usual.turns),
            ),
            poll_seconds=relay.take("poll_seconds", seconds, 1.0),
            first_block=relay.take("first_block", amount, 0),
            carried=relay.take("carried", each(any_address), frozenset()),
            listen=relay.take("listen", host_and_port, None),
            log_level=relay.take("log_level", LogLevel, LogLevel.INFO),
        )
        for table in (network, relay, file):
            table.finish()
        return config


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("give the names of chains in the network's file")
    return value
