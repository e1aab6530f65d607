"""The program doctor: what a program does, costs, and may do wrong, known before anything is paid."""

from __future__ import annotations

from chainboy.doctor.dry_run import dry_run
from chainboy.doctor.examine import Report, examine
from chainboy.doctor.finding import Finding, Rule, Severity
from chainboy.doctor.lint import lint
from chainboy.doctor.price import Cost, Rates
from chainboy.doctor.rules import RULES
from chainboy.doctor.running import Attempt, Place

__all__ = [
    "RULES",
    "Attempt",
    "Cost",
    "Finding",
    "Place",
    "Rates",
    "Report",
    "Rule",
    "Severity",
    "dry_run",
    "examine",
    "lint",
]
