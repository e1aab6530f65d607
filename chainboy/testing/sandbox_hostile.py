"""Programs that mean harm, and the one outcome each of them has."""

from __future__ import annotations

from chainboy.testing.sandbox_bombs import BOMBS
from chainboy.testing.sandbox_cases import Case
from chainboy.testing.sandbox_escapes import ESCAPES
from chainboy.testing.sandbox_forgeries import FORGERIES

HOSTILE: tuple[Case, ...] = (*BOMBS, *ESCAPES, *FORGERIES)
