"""The parts that this checkout's pyproject.toml declares, whatever was installed from an older one."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from chainboy import plugins

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def declare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let configuration files name these parts, and no others."""
    groups = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]
    points = [
        EntryPoint(name, value, group) for group, parts in groups.items() for name, value in parts.items()
    ]
    monkeypatch.setattr(plugins, "entry_points", EntryPoints(points).select)
