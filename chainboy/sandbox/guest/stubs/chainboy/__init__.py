"""What ``import chainboy`` gives a program while it runs: its declared data, and an idle decorator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

files: Mapping[str, bytes] = MappingProxyType({})
"""The declared data files, by the name the program gave them."""

values: Mapping[str, int] = MappingProxyType({})
"""What the declared sources said, by name, scaled to integers."""


def program(function: Any = None, **_options: Any) -> Any:
    """Marks a function as a program where it is written; here it already is one."""
    return function if function is not None else lambda wrapped: wrapped
