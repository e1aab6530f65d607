"""The data a program finds when its function is called as plain Python."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chainboy.programs.guest import files, values


def test_filled_for_one_run_only() -> None:
    """Inside the block the items are there, after it they are gone, even after an error."""
    with files.holding({"a": b"1", "b": b"2"}):
        assert dict(files) == {"a": b"1", "b": b"2"}
        assert len(files) == 2
    with pytest.raises(ZeroDivisionError), values.holding({"spot": 7}):
        _ = 1 // (values["spot"] - 7)
    assert dict(files) == dict(values) == {}


def test_each_thread_has_its_own() -> None:
    """Another thread does not see this run's files."""
    with files.holding({"a": b"1"}), ThreadPoolExecutor(1) as threads:
        assert threads.submit(lambda: dict(files)).result() == {}
