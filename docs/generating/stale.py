"""What stops the writing of a page: code and what is written about it do not fit each other."""

from __future__ import annotations


class Unwritten(Exception):
    """The code has something that nobody has described; the message says what to write, and where."""
