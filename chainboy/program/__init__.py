"""Programs: their names, metadata, types, and the decorator that makes one of a function."""

from __future__ import annotations

from chainboy.program.cid import Cid
from chainboy.program.decorator import ProgramFunction, program
from chainboy.program.metadata import Metadata, Parameter, Source, parse
from chainboy.program.program import Program

__all__ = ["Cid", "Metadata", "Parameter", "Program", "ProgramFunction", "Source", "parse", "program"]
