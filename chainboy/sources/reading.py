"""The seam between a node and the web: what a program declares goes in, its numbers come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from chainboy.errors import SourceUnavailable
from chainboy.programs.metadata import Metadata
from chainboy.sources.transcript import Transcript


@attrs.frozen(kw_only=True)
class Reading:
    """What the sources of one program said: ``values`` by name, and how they came to be.

    ``failures`` says what is missing, a sentence for each number that the program needs and there is not.
    """

    values: Mapping[str, int]
    transcript: Transcript = ()
    failures: tuple[str, ...] = ()

    def complete(self) -> Mapping[str, int]:
        """The values; raises :class:`~chainboy.errors.SourceUnavailable` unless all are there."""
        if self.failures:
            raise SourceUnavailable("; ".join(self.failures))
        return self.values


class SourceReader(Protocol):
    """Reads the sources of programs. Instances may be used from many threads."""

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """Read what ``metadata`` declares, its urls filled from the ABI-encoded input ``data``.

        Raises :class:`~chainboy.errors.ProgramError` for a declaration that cannot be read by anybody. What a
        source itself does wrong is a failure of the reading, never an exception.
        """
        ...
