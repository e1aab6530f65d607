"""What was signed under which idempotency key, so that asking again is not asking twice."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Protocol

import attrs

from chainboy.errors import JournalError
from chainboy.units import Digest


@attrs.frozen(kw_only=True)
class Submission:
    """A signed request: ``fingerprint`` tells what was asked, ``raw`` can be broadcast again at any time."""

    fingerprint: str
    nonce: int
    tx_hash: Digest
    raw: bytes


class KeyTaken(Exception):
    """Somebody else claimed the key in between."""


class Submissions(Protocol):
    """Submissions by key. Instances may be used from many threads; raises ``JournalError`` when they fail."""

    def find(self, key: str) -> Submission | None:
        """What was claimed under ``key``."""
        ...

    def claim(self, key: str, submission: Submission) -> None:
        """Keep ``submission`` before it is broadcast; raises :class:`KeyTaken` if the key has one."""
        ...

    def drop(self, key: str, submission: Submission) -> None:
        """Forget ``submission``, which can never take effect; another one under the key stays."""
        ...


class MemorySubmissions:
    """Submissions for as long as this object lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, Submission] = {}

    def find(self, key: str) -> Submission | None:
        """See :meth:`Submissions.find`."""
        return self._held.get(key)

    def claim(self, key: str, submission: Submission) -> None:
        """See :meth:`Submissions.claim`."""
        with self._lock:
            if key in self._held:
                raise KeyTaken
            self._held[key] = submission

    def drop(self, key: str, submission: Submission) -> None:
        """See :meth:`Submissions.drop`."""
        with self._lock:
            if self._held.get(key) == submission:
                del self._held[key]


@attrs.frozen
class DirectorySubmissions:
    """Submissions as files of a directory, shared by processes and kept over crashes.

    The files hold signed transactions: whoever reads them can send them, and nothing else.
    """

    path: Path = attrs.field(converter=Path)

    def find(self, key: str) -> Submission | None:
        """See :meth:`Submissions.find`."""
        try:
            text = self._file(key).read_text("ascii")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self._file(key), error) from error
        try:
            held = json.loads(text)
            return Submission(
                fingerprint=held["fingerprint"],
                nonce=held["nonce"],
                tx_hash=Digest(bytes.fromhex(held["tx_hash"])),
                raw=bytes.fromhex(held["raw"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{self._file(key)} is damaged; look whether its request was sent") from error

    def claim(self, key: str, submission: Submission) -> None:
        """See :meth:`Submissions.claim`."""
        held = attrs.asdict(submission) | {"tx_hash": submission.tx_hash.hex(), "raw": submission.raw.hex()}
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = not self._create(self._file(key), json.dumps(held).encode("ascii"))
        except OSError as error:
            raise _failed(self._file(key), error) from error
        if taken:
            raise KeyTaken

    def drop(self, key: str, submission: Submission) -> None:
        """See :meth:`Submissions.drop`."""
        if self.find(key) == submission:
            self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.path / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def _create(self, target: Path, data: bytes) -> bool:
        """Make ``target`` whole or not at all; False when it is there already."""
        descriptor, name = tempfile.mkstemp(dir=self.path, prefix=".claim-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.link(name, target)
        except FileExistsError:
            return False
        finally:
            Path(name).unlink()
        return True


def _failed(path: Path, error: OSError) -> JournalError:
    return JournalError(f"{path} cannot be used ({error.strerror}); nothing was sent that it does not hold")
