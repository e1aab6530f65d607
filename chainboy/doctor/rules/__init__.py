"""All rules, as data: what each is about, how bad it is to break it, and how to find where that happens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chainboy.doctor.finding import Rule
from chainboy.doctor.rules import floats, interpreter, limits, modules, order, outside, settings, shape

GROUPS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Its shape": shape.RULES,
        "What it imports": modules.RULES,
        "What lies outside": outside.RULES,
        "Settings of a machine": settings.RULES,
        "Floats": floats.RULES,
        "Order": order.RULES,
        "The interpreter": interpreter.RULES,
        "Limits": limits.RULES,
    }
)
"""The rules by what they are about, as the reference lists them."""

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for group in GROUPS.values() for rule in group})
"""The rules by name."""
