"""The modules that a runtime has, and the names in each, as its artifact itself tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

import attrs

from chainboy.sandbox.runtimes import DEFAULT


@attrs.frozen
class Surface:
    """Public names by module; a module with a leading underscore has none here."""

    modules: Mapping[str, tuple[str, ...]]

    def __contains__(self, module: str) -> bool:
        return module in self.modules

    def names_of(self, module: str) -> tuple[str, ...]:
        """The public names of a module; none if the runtime does not have it."""
        return self.modules.get(module, ())


@cache
def surface(runtime: str = DEFAULT) -> Surface:
    """The surface recorded for a runtime of this package."""
    file = resources.files(__package__).joinpath(f"{runtime.replace(':', '-')}.json")
    listed: dict[str, str] = json.loads(file.read_text("utf-8"))
    return Surface({module: tuple(names.split()) for module, names in listed.items()})
