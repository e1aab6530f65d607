"""How much Hypothesis tries: few examples, or 1,000 of each property with `HYPOTHESIS_PROFILE=ci`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
"""Rounds of 256 nodes are large on purpose."""

settings.register_profile("ci", max_examples=1_000, deadline=None, suppress_health_check=SLOW)
settings.register_profile("dev", max_examples=50, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
