"""The node's memory: every transition and every signed transaction, written before its effect.

What a call returned from survives the end of the process. A power cut may take the newest of it, but
nothing from before a transaction was signed: whatever has an effect outside is on the disk before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import attrs

from chainboy.errors import JournalError
from chainboy.node.database import Database, Execute
from chainboy.node.machine import TERMINAL, Duty, Event, State, advance
from chainboy.node.rows import (
    MIGRATIONS,
    SCHEMA,
    SCHEMA_VERSION,
    Identity,
    Sent,
    Task,
    Transition,
    task_of,
    task_row,
)
from chainboy.node.sqlite import SqliteDatabase
from chainboy.sources.transcript import Transcript, from_json, to_json
from chainboy.units import TaskId

Probe = Callable[[Literal["before", "after"]], None]
"""Called around every write: where a test of crash safety stops the process."""

_SETTLE = "UPDATE transactions SET settled = TRUE, raw = ? WHERE nonce = ? AND NOT settled"

_SEND = (
    "INSERT INTO transactions (nonce, tx_hash, raw, duty, task_id) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (tx_hash) DO UPDATE SET settled = FALSE, raw = excluded.raw WHERE transactions.settled"
)

_SAVE = (
    "INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)

_COLUMNS = "task_id, request, input, block, state, attempt, outcome, rank, reason"


class Journal:
    """One node's journal, in a file or in another database. Its methods may be called from many threads.

    Raises :class:`~chainboy.errors.JournalError` whenever it cannot be read or written, and then nothing was
    written, or at least nothing that the caller may rely on; it must not go on to the effect.
    """

    def __init__(
        self, place: Path | str | Database, identity: Identity, *, probe: Probe | None = None
    ) -> None:
        self._probe = probe
        self.entries = 0
        """How many tasks, transitions and signed transactions this process has added."""
        self._known: dict[tuple[object, ...], Task] = {}
        """The active tasks by their rows as they were last read: most stay the same from look to look."""
        self._db = SqliteDatabase(place) if isinstance(place, Path | str) else place
        try:
            self._open(identity)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let the database go."""
        self._db.close()

    def add(self, task: Task) -> bool:
        """Keep a task that was seen; ``False``, and nothing is written, if it is known already."""
        if self.task(task.task_id) is not None:
            return False
        with self._write() as execute:
            marks = ", ".join("?" * len(_COLUMNS.split(",")))
            statement = f"INSERT INTO tasks ({_COLUMNS}) VALUES ({marks})"  # noqa: S608 - constants
            execute(statement, *task_row(task))
        self.entries += 1
        return True

    def task(self, task_id: TaskId) -> Task | None:
        """The task of this name, if it is known."""
        rows = self._db.read(f"SELECT {_COLUMNS} FROM tasks WHERE task_id = ?", task_id)  # noqa: S608 - constants
        return task_of(rows[0]) if rows else None

    def active(self) -> list[Task]:
        """Every task whose state is not terminal, oldest first."""
        query = f"SELECT {_COLUMNS} FROM tasks WHERE NOT terminal ORDER BY block, task_id"  # noqa: S608
        known = self._known
        self._known = {row: known.get(row) or task_of(row) for row in self._db.read(query)}
        return list(self._known.values())

    def moved_after(self, block: int) -> list[Task]:
        """Every task, over or not, with a transition seen at a later block than this; oldest first."""
        query = (
            f"SELECT {_COLUMNS} FROM tasks WHERE task_id IN"  # noqa: S608 - constants
            " (SELECT task_id FROM transitions WHERE block > ?) ORDER BY block, task_id"
        )
        return [task_of(row) for row in self._db.read(query, block)]

    def apply(
        self,
        task: Task,
        event: Event,
        *,
        block: int,
        attempt: int | None = None,
        outcome: bytes | None = None,
        rank: int | None = None,
        reason: str = "",
    ) -> Task:
        """Write the transition that ``event`` makes, seen at ``block``; returns the task as it is now.

        What is ``None`` stays. Raises :class:`~chainboy.node.machine.IllegalEvent` before it writes.
        """
        target = advance(task.state, event)
        changed = attrs.evolve(
            task,
            state=target,
            attempt=task.attempt if attempt is None else attempt,
            outcome=task.outcome if outcome is None else outcome,
            rank=task.rank if rank is None else rank,
            reason=reason or task.reason,
        )
        with self._write() as execute:
            self._update(execute, task.state, changed)
            execute(
                "INSERT INTO transitions (task_id, source, event, target, attempt, block, reason)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(task.task_id, task.state.value, event.value, target.value, changed.attempt, block, reason),
            )
        self.entries += 1
        return changed

    def keep_outcome(self, task: Task, outcome: bytes) -> Task:
        """Write an outcome that was computed again after the journal had lost it."""
        changed = attrs.evolve(task, outcome=outcome)
        with self._write() as execute:
            self._update(execute, task.state, changed)
        return changed

    def transitions(self, task_id: TaskId | None = None) -> list[Transition]:
        """What happened to one task, or to all, in order."""
        query = "SELECT task_id, source, event, target, attempt, block, reason FROM transitions"
        rows = (
            self._db.read(f"{query} WHERE task_id = ? ORDER BY id", task_id)
            if task_id is not None
            else self._db.read(f"{query} ORDER BY id")
        )
        return [
            Transition(
                task_id=TaskId(row[0]),
                source=State(row[1]),
                event=Event(row[2]),
                target=State(row[3]),
                attempt=row[4],
                block=row[5],
                reason=row[6],
            )
            for row in rows
        ]

    def keep_reading(self, task_id: TaskId, transcript: Transcript) -> None:
        """Keep what the task's sources said when they were read, for audit."""
        with self._write() as execute:
            execute(
                "INSERT INTO readings (task_id, transcript) VALUES (?, ?)", task_id, to_json(transcript)
            )

    def readings(self, task_id: TaskId) -> list[Transcript]:
        """What the task's sources said, each time that they were read."""
        rows = self._db.read("SELECT transcript FROM readings WHERE task_id = ? ORDER BY id", task_id)
        return [from_json(row[0]) for row in rows]

    def record_sent(self, sent: Sent, *, again: bool = False) -> None:
        """Keep a signed transaction, before it goes out.

        ``again``: it makes the same call as those of its nonce before it, which stay, for any one of them may
        be mined. Otherwise these are set aside: the endpoint has refused them for good, or a chain has taken
        back what was final, and then the very same transaction may be signed a second time.
        """
        with self._write(lasting=True) as execute:
            if not again:
                execute(f"{_SETTLE} AND tx_hash <> ?", b"", sent.nonce, sent.tx_hash)
            row = (sent.nonce, sent.tx_hash, sent.raw, sent.duty.value, sent.task_id)
            if execute(_SEND, *row) != 1:
                raise JournalError(
                    f"the journal {self._db.place} holds transaction 0x{sent.tx_hash.hex()} as sent; "
                    "does another process use it?"
                )
        self.entries += 1

    def secure(self) -> None:
        """Put all that was written on the disk, before an effect that leaves no trace here."""
        with self._write(lasting=True) as execute:
            execute(_SAVE, "secured", str(self.entries))

    def unsettled(self) -> list[Sent]:
        """Signed transactions that are not known to be K deep, by nonce, those of one nonce oldest first."""
        rows = self._db.read(
            "SELECT nonce, tx_hash, raw, duty, task_id FROM transactions WHERE NOT settled ORDER BY nonce, id"
        )
        return [
            Sent(
                nonce=row[0],
                tx_hash=row[1],
                raw=row[2],
                duty=Duty(row[3]),
                task_id=None if row[4] is None else TaskId(row[4]),
            )
            for row in rows
        ]

    def settle(self, nonce: int) -> None:
        """Note that nothing of this nonce is needed any more, being K deep; raw bytes are forgotten."""
        with self._write() as execute:
            execute(_SETTLE, b"", nonce)

    def load(self, name: str) -> str | None:
        """The cursor of this name, if one was saved."""
        rows = self._db.read("SELECT value FROM cursors WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def save(self, name: str, value: str) -> None:
        """Save a cursor."""
        with self._write() as execute:
            execute(_SAVE, name, value)

    def _open(self, identity: Identity) -> None:
        found, place = self._db.version(), self._db.place
        if not 0 <= found <= SCHEMA_VERSION:
            raise JournalError(
                f"the journal {place} has schema {found}, this package writes {SCHEMA_VERSION}; "
                "use the package that wrote it or another journal"
            )
        if found == 0:
            with self._write(lasting=True) as execute:
                for statement in SCHEMA:
                    execute(statement.format_map(self._db.words))
                self._migrate(execute, 1)
                execute(_SAVE, "identity", identity.text)
        identity.check(self.load("identity"), place)
        if 0 < found < SCHEMA_VERSION:
            with self._write(lasting=True) as execute:
                self._migrate(execute, found)

    def _migrate(self, execute: Execute, version: int) -> None:
        for older in range(version, SCHEMA_VERSION):
            for statement in MIGRATIONS[older]:
                execute(statement.format_map(self._db.words))
        execute(self._db.marking(SCHEMA_VERSION))

    def _update(self, execute: Execute, before: State, task: Task) -> None:
        done = execute(
            "UPDATE tasks SET state = ?, attempt = ?, outcome = ?, rank = ?, reason = ?, terminal = ?"
            " WHERE task_id = ? AND state = ?",
            *(task.state.value, task.attempt, task.outcome, task.rank, task.reason, task.state in TERMINAL),
            *(task.task_id, before.value),
        )
        if done != 1:
            raise JournalError(
                f"the journal {self._db.place} does not hold task 0x{task.task_id.hex()} as {before.value}; "
                "does another process use it?"
            )

    @contextmanager
    def _write(self, *, lasting: bool = False) -> Iterator[Execute]:
        if self._probe is not None:
            self._probe("before")
        with self._db.write(lasting=lasting) as execute:
            yield execute
        if self._probe is not None:
            self._probe("after")
