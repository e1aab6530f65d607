"""Programs: their names, metadata, types, and the decorator that makes one of a function."""

from __future__ import annotations

from chainboy.cid import Cid
from chainboy.programs.decorator import ProgramFunction, program
from chainboy.programs.metadata import By, Combination, Metadata, Parameter, Source, parse
from chainboy.programs.program import Program

__all__ = [
    "By",
    "Cid",
    "Combination",
    "Metadata",
    "Parameter",
    "Program",
    "ProgramFunction",
    "Source",
    "parse",
    "program",
]
