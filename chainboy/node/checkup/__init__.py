"""Looks a node's surroundings over before it runs: one line a thing, with what to do about it."""

from chainboy.node.checkup.finding import Finding, Grade, to_lines, to_table
from chainboy.node.checkup.rounds import examine

__all__ = ["Finding", "Grade", "examine", "to_lines", "to_table"]
