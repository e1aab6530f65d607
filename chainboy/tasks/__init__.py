"""The requester's side: clients, the tasks they ask for, and results."""

from __future__ import annotations

from chainboy.tasks.aio import AsyncTask, AsyncTaskClient
from chainboy.tasks.asking import Ask, Via
from chainboy.tasks.client import TaskClient
from chainboy.tasks.result import Estimate, Result, Trial
from chainboy.tasks.submissions import DirectorySubmissions, MemorySubmissions, Submission, Submissions
from chainboy.tasks.task import Status, Task

__all__ = [
    "Ask",
    "AsyncTask",
    "AsyncTaskClient",
    "DirectorySubmissions",
    "Estimate",
    "MemorySubmissions",
    "Result",
    "Status",
    "Submission",
    "Submissions",
    "Task",
    "TaskClient",
    "Trial",
    "Via",
]
