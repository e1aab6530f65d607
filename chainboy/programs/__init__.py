"""Programs: their names, metadata, types, and the decorator that makes one of a function."""

from __future__ import annotations

from chainboy.cid import Cid
from chainboy.programs.decorator import ProgramFunction, program
from chainboy.programs.metadata import Metadata, Parameter, Source, parse
from chainboy.programs.program import Program

__all__ = ["Cid", "Metadata", "Parameter", "Program", "ProgramFunction", "Source", "parse", "program"]
