"""What is in the store under a node's name: its journal, and which call works with it now.

A line of JSON and the journal's file, compressed.
"""

from __future__ import annotations

import json
import zlib
from typing import Self

import attrs

from chainboy.errors import JournalError

FORMAT = 1
"""Of the document; another one is refused."""

MOST_BYTES = 2**28
"""Of a journal: nobody who can write to the store fills the memory."""


@attrs.frozen(kw_only=True)
class Document:
    """``turn`` counts the calls, ``until`` is when the one that works now has to be over, in Unix seconds.

    ``until`` 0: none works. ``journal`` is the file's bytes; empty before the first call.
    """

    turn: int = 0
    until: float = 0.0
    writes: int = 0
    """How often this document was put: no two are alike, so neither are their versions."""
    journal: bytes = attrs.field(default=b"", repr=False)

    def encode(self) -> bytes:
        """As it is kept."""
        head = {"format": FORMAT, "turn": self.turn, "until": self.until, "writes": self.writes}
        return json.dumps(head).encode() + b"\n" + zlib.compress(self.journal)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The document in ``data``; raises :class:`~chainboy.errors.JournalError` if there is none whole."""
        head, _, packed = data.partition(b"\n")
        try:
            said = json.loads(head)
            return cls(
                turn=int(said["turn"]),
                until=float(said["until"]),
                writes=int(said["writes"]),
                journal=_inflated(packed, said["format"]),
            )
        except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as error:
            raise JournalError(
                f"what is kept of this node cannot be read ({error}); bring a good copy back, or remove it "
                "when all that the node has sent is mined: the node then reads all again from the chain"
            ) from error


def _inflated(packed: bytes, form: object) -> bytes:
    if form != FORMAT:
        raise ValueError("another version of this package wrote it")
    inflater = zlib.decompressobj()
    journal = inflater.decompress(packed, MOST_BYTES)
    if not inflater.eof:
        raise ValueError("it is cut off or too large")
    return journal
