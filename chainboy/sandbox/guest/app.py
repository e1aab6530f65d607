"""The component's entry: text in, text out, because a string crosses the border as one copy.

Bytes travel as Latin-1 text, one character a byte.
"""

from __future__ import annotations

import wit_world  # type: ignore[import-not-found]  # generated at build time
from chainboy_guest import driver, rules  # type: ignore[import-not-found]

import chainboy
import chainboy.abi  # noqa: F401

_KEPT = rules.prepare()


class WitWorld(wit_world.WitWorld):  # type: ignore[misc]
    """The export ``run``."""

    def run(
        self, program: str, data: str, files: list[tuple[str, str]], values: list[tuple[str, str]]
    ) -> tuple[int, str, str]:
        """One run; see :func:`chainboy_guest.driver.run`."""
        rules.close()
        answer = driver.run(
            program.encode("latin-1"),
            data.encode("latin-1"),
            {name: content.encode("latin-1") for name, content in files},
            {name: int(number) for name, number in values},
        )
        return answer.status, answer.payload.decode("latin-1"), answer.logs
