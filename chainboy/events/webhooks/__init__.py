"""Webhooks of those who watch chains for others: every one a hint, never more."""

from __future__ import annotations

from chainboy.events.webhooks.desk import Desk, Hook, HookStatistics
from chainboy.events.webhooks.provider import Delivery, Notice, Provider
from chainboy.events.webhooks.table import PROVIDERS

__all__ = ["PROVIDERS", "Delivery", "Desk", "Hook", "HookStatistics", "Notice", "Provider"]
