"""A look at a shared journal that changes nothing, for whoever checks a node."""

from __future__ import annotations

from contextlib import closing

import attrs

from chainboy.node.replicas.database import PostgresDatabase
from chainboy.node.replicas.server import Server
from chainboy.node.replicas.settings import PostgresSettings
from chainboy.node.rows import Identity

_PATIENCE = 10.0
"""Seconds."""


@attrs.frozen(kw_only=True)
class Look:
    """What was seen: where it is, who acts (empty if nobody does), and how many tasks are not over."""

    place: str
    holder: str
    active: int


def look(settings: PostgresSettings, identity: Identity) -> Look:
    """The journal of ``identity`` as it is; one that is still to be made has nothing.

    Raises :class:`~chainboy.errors.ConfigError`, and :class:`~chainboy.errors.JournalError` for another
    node's journal and for a server that does not answer.
    """
    server = Server(settings.url(), patience=_PATIENCE)
    with closing(PostgresDatabase(server)) as database:
        if database.read("SELECT to_regclass('lease')")[0][0] is None:
            return Look(place=server.place, holder="", active=0)
        node, owner, held = database.read("SELECT node, owner, expires_at > clock_timestamp() FROM lease")[0]
        identity.check(node, server.place)
        active = 0
        if database.version():
            active = database.read("SELECT count(*) FROM tasks WHERE NOT terminal")[0][0]
        return Look(place=server.place, holder=owner if held else "", active=active)
