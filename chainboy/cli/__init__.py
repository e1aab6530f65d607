"""The ``chainboy`` command: thin commands over the library, and clear sentences instead of tracebacks."""

from chainboy.cli.main import main

__all__ = ["main"]
