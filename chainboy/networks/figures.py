"""Which figures a deployment is made with: a preset, and what a network file changes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, TypeVar

import attrs

from chainboy.consensus.params import Bounds
from chainboy.contracts.profile import GatewayProfile, HubProfile, Profile, RegistryProfile
from chainboy.tables import Table, amount
from chainboy.units import Timestamp

P = TypeVar("P", RegistryProfile, HubProfile, GatewayProfile, Bounds)

PARTS: Mapping[str, type[Any]] = MappingProxyType(
    {"registry": RegistryProfile, "hub": HubProfile, "gateway": GatewayProfile, "bounds": Bounds}
)
"""The tables of figures, with their classes' names; ``bounds`` are the hub's and the gateways' alike."""


class Preset(Enum):
    """Where the figures come from that a file does not give."""

    PRODUCTION = "production"
    LOCAL = "local"


_PRESETS: Mapping[Preset, Callable[..., Profile]] = MappingProxyType(
    {Preset.PRODUCTION: Profile.production, Preset.LOCAL: Profile.local}
)


@attrs.frozen(kw_only=True)
class Figures:
    """A preset, and (part, name, value) of each figure that differs from it."""

    preset: Preset = Preset.PRODUCTION
    changes: tuple[tuple[str, str, int], ...] = ()

    @classmethod
    def read(cls, table: Table) -> Figures:
        """The figures that a file's table ``[profile]`` gives."""
        preset = table.take("preset", Preset, Preset.PRODUCTION)
        changes: list[tuple[str, str, int]] = []
        for part, kind in PARTS.items():
            names = [field.name for field in attrs.fields(kind) if field.name != "bounds"]
            inner = table.table(part, optional=True)
            changes += [(part, name, inner.take(name, amount)) for name in names if name in inner]
            inner.finish()
        table.finish()
        return cls(preset=preset, changes=tuple(changes))

    @property
    def genesis_time(self) -> Timestamp | None:
        """When the first epoch begins, if a file says so."""
        time = self._of("registry").get("genesis_time")
        return None if time is None else Timestamp(time)

    def profile(self, *, genesis_time: Timestamp) -> Profile:
        """The figures; ``genesis_time`` is that of the registry unless a file says so itself.

        Their relations are not checked yet: see :meth:`~chainboy.contracts.profile.Profile.validate`.
        """
        usual = _PRESETS[self.preset](genesis_time=genesis_time)
        bounds = self._changed("bounds", usual.hub.bounds)
        return Profile(
            registry=self._changed("registry", usual.registry),
            hub=attrs.evolve(self._changed("hub", usual.hub), bounds=bounds),
            gateway=attrs.evolve(self._changed("gateway", usual.gateway), bounds=bounds),
        )

    def _changed(self, part: str, usual: P) -> P:
        return attrs.evolve(usual, **self._of(part))

    def _of(self, part: str) -> dict[str, Any]:
        return {name: value for where, name, value in self.changes if where == part}
