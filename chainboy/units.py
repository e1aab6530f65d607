"""The units that amounts and identifiers carry; all amounts are ``int``, all hashes 32 ``bytes``."""

from __future__ import annotations

from typing import NewType

Wei = NewType("Wei", int)
"""The chain's native coin, in its smallest unit."""

Weight = NewType("Weight", int)
"""Bonded project tokens, in the token's smallest unit; below 2**96."""

Fuel = NewType("Fuel", int)
"""What a program consumed, in instructions of its runtime; below 2**64."""

Epoch = NewType("Epoch", int)
"""Number of whole epochs since the registry's genesis time."""

Timestamp = NewType("Timestamp", int)
"""Seconds since 1970-01-01, as blocks carry them."""

Digest = NewType("Digest", bytes)
"""A 32-byte hash."""

TaskId = NewType("TaskId", bytes)
"""The 32-byte name of a task: it binds the request and the rules it is tallied under."""

Address = NewType("Address", str)
"""A 20-byte account or contract address, in its EIP-55 checksummed text form."""
