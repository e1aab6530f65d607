"""A node as a function of a cloud provider: called by webhooks and schedules, with nothing on its disk."""

from __future__ import annotations

from chainboy.serverless.budget import Budget
from chainboy.serverless.directory import DirectoryResults
from chainboy.serverless.function import Event, Function, Tick
from chainboy.serverless.s3 import Bucket, Precondition, S3Results
from chainboy.serverless.store import Kept, MemoryResults, ResultStore
from chainboy.web import Request, Response

__all__ = [
    "Bucket",
    "Budget",
    "DirectoryResults",
    "Event",
    "Function",
    "Kept",
    "MemoryResults",
    "Precondition",
    "Request",
    "Response",
    "ResultStore",
    "S3Results",
    "Tick",
]
