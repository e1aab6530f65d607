"""An event source that reads logs which an indexer of the operator's has written to an SQLite file.

A node believes this file as it believes its own endpoint: let nobody else write it. The indexer inserts whole
blocks, in order, once they are final::

    INSERT INTO logs VALUES (chain_id, block_number, block_hash, tx_hash, log_index, address, topics, data)

Hashes and data are blobs, ``topics`` is the topics one after the other, ``address`` is checksummed text.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from chainboy.errors import ChainError
from chainboy.events import Cursor, EventSource, LogEvent, Watch, Watcher
from chainboy.events.source import Unacknowledged
from chainboy.tables import Table
from chainboy.units import Address, Digest

SCHEMA = """CREATE TABLE IF NOT EXISTS logs (
    chain_id INTEGER, block_number INTEGER, block_hash BLOB, tx_hash BLOB, log_index INTEGER,
    address TEXT, topics BLOB, data BLOB, PRIMARY KEY (chain_id, block_number, log_index))"""

_TOPIC = 32
_BLOCKS = 100
"""Most blocks with events that one look takes in."""


class SqliteSource:
    """The logs of ``watch`` in the file ``path``, whole blocks at a time."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self._path = path
        self._watch = watch
        self._waiting = Unacknowledged()
        self._done = watch.cursor.load() or Cursor(watch.start - 1)
        self._read = self._done

    def poll(self) -> tuple[LogEvent, ...]:
        """See :meth:`chainboy.events.EventSource.poll`."""
        if not self._waiting:
            rows = self._rows()
            self._waiting.add([event for event in map(_event, rows) if self._watch.wants(event)])
            if rows:
                self._read = Cursor(rows[-1][1], rows[-1][2])
            self._save()
        return self._waiting.snapshot()

    def acknowledge(self, event: LogEvent) -> None:
        """See :meth:`chainboy.events.EventSource.acknowledge`."""
        self._waiting.acknowledge(event)
        self._save()

    def _save(self) -> None:
        if not self._waiting and self._done != self._read:
            self._watch.cursor.save(self._read)
            self._done = self._read

    def _rows(self) -> list[tuple[int, int, bytes, bytes, int, str, bytes, bytes]]:
        after = (self._watch.chain_id, self._read.number)
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as file:
                file.execute(SCHEMA)
                return file.execute(
                    "SELECT * FROM logs WHERE chain_id = ? AND block_number IN (SELECT DISTINCT block_number"
                    " FROM logs WHERE chain_id = ? AND block_number > ? ORDER BY block_number LIMIT ?)"
                    " ORDER BY block_number, log_index",
                    (after[0], *after, _BLOCKS),
                ).fetchall()
        except sqlite3.Error as error:
            raise ChainError(f"{self._path} cannot be read: {error}; see to the indexer") from error


def configured(table: Table, folder: Path) -> Watcher:
    """The source that ``[events.sqlite]`` names by its ``path``."""
    watcher: partial[EventSource] = partial(SqliteSource, folder / table.take("path", str))
    return watcher


def _event(row: tuple[int, int, bytes, bytes, int, str, bytes, bytes]) -> LogEvent:
    chain_id, block_number, block_hash, tx_hash, log_index, address, topics, data = row
    return LogEvent(
        chain_id=chain_id,
        block_number=block_number,
        block_hash=Digest(block_hash),
        tx_hash=Digest(tx_hash),
        log_index=log_index,
        address=Address(address),
        topics=tuple(topics[i : i + _TOPIC] for i in range(0, len(topics), _TOPIC)),
        data=data,
    )
