"""What all tests share: how much Hypothesis tries, and which folders cannot reach any network.

Few examples, or 1,000 of each property with `HYPOTHESIS_PROFILE=ci`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from engine import docker_engine
from hypothesis import HealthCheck, settings
from postgres_server import postgres

__all__ = ["docker_engine", "postgres"]

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
"""Rounds of 256 nodes are large on purpose."""

OFFLINE = ("unit", "property", "conformance", "differential")
"""Folders whose tests open no socket; asyncio's own pairs of Unix sockets are none."""

HERE = Path(__file__).parent

settings.register_profile("ci", max_examples=1_000, deadline=None, suppress_health_check=SLOW)
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take sockets away before any fixture of an offline test is made; the plugin gives them back after."""
    if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in OFFLINE:
        from pytest_socket import disable_socket  # noqa: PLC0415 - the docs are tested without it

        disable_socket(allow_unix_socket=True)
    if item.get_closest_marker("anvil"):
        _require_anvil()


def _require_anvil() -> None:
    """Skip a test where there is no anvil, and tell how to get it; fail if the environment has ``CI``."""
    from chainboy.errors import ConfigError  # noqa: PLC0415 - not before coverage measures
    from chainboy.testing.backends import find_anvil  # noqa: PLC0415

    try:
        find_anvil()
    except ConfigError as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
