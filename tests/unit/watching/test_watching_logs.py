"""What a service logs: one line a record, with its task, and no secret whatever a library puts into it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime

import pytest

from chainboy.logs import LogFormat, redacted

TASK = "0x" + "ab" * 32
ALCHEMY = "https://eth.example/v2/mJ7-aQ_2kd9fLxW0zzRkTqPq1cXNh5Yt"


def record(message: str, *values: object, error: bool = False) -> logging.LogRecord:
    """A record as a library makes it; with ``error`` of the exception that is being handled."""
    info = sys.exc_info() if error else None
    return logging.LogRecord("chainboy.node", logging.WARNING, __file__, 1, message, values, info)


@pytest.mark.parametrize(
    ("told", "secret"),
    [
        ("https://user:hunter2@rpc.example:8545/ failed", "hunter2"),
        ("https://hunter2@rpc.example/", "hunter2"),
        (f"{ALCHEMY} failed", "mJ7-aQ"),
        (f"connect to {ALCHEMY}: refused", "mJ7-aQ"),
        (
            "HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /v3/abc123 (Caused",
            "abc123",
        ),
        ('http://x:80 "POST /v3/abc123?x=1 HTTP/1.1" 200 None', "abc123"),
        ("https://x.example/rpc?apikey=hunter2&z=1", "hunter2"),
        ("https://x.example/rpc?key=hunter2", "hunter2"),
        ("{'Authorization': 'Bearer hunter2'}", "hunter2"),
        ('password = "hunter2"', "hunter2"),
        ("api_key: hunter2", "hunter2"),
    ],
)
def test_secrets_are_hidden(told: str, secret: str) -> None:
    """In the forms in which libraries and configurations tell them; the rest of the line stays."""
    assert secret in told
    shown = redacted(told)
    assert secret not in shown
    assert "***" in shown
    for form in LogFormat:
        assert secret not in form.formatter().format(record("%s", told))


@pytest.mark.parametrize(
    "told",
    [
        f"task {TASK}: revealed -> finalized (won)",
        "node 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed works on siberium",
        "https://gateway.example/ipfs/QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o is not there",
        "https://gateway.example/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku failed",
        "the journal /home/somebody/nodes/journal.sqlite cannot be used: disk full",
        "http://127.0.0.1:8545 cannot be reached; check its address",
    ],
)
def test_what_is_no_secret_stays(told: str) -> None:
    """An operator needs names of tasks, CIDs, addresses and paths."""
    assert redacted(told) == told


def test_a_record_as_json() -> None:
    """One line, whatever is in the message; the time is UTC; the task has a field of its own."""
    line = LogFormat.JSON.formatter().format(record("task %s:\n%s", TASK, "späť"))
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).utcoffset() is not None
    assert told == {
        "level": "warning",
        "logger": "chainboy.node",
        "message": f"task {TASK}:\nspäť",
        "task": TASK,
    }


def test_a_record_of_no_task() -> None:
    """It has no such field."""
    assert "task" not in json.loads(LogFormat.JSON.formatter().format(record("good morning")))


@pytest.mark.parametrize("form", LogFormat)
def test_a_traceback_has_no_secrets_either(form: LogFormat) -> None:
    """Exceptions carry the URLs that they failed at."""
    try:
        int("https://user:hunter2@rpc.example/")
    except ValueError:
        line = form.formatter().format(record("it failed", error=True))
    assert "ValueError" in line
    assert "hunter2" not in line
    assert "it failed" in line


def test_text_as_it_always_was() -> None:
    """Time, level, logger, message."""
    line = LogFormat.TEXT.formatter().format(record("task %s is done", TASK))
    assert line.endswith(f" WARNING chainboy.node: task {TASK} is done")
