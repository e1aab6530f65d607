"""Cursors on disk: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainboy.errors import ConfigError, JournalError
from chainboy.events import Cursor, FileCursor, MemoryCursor


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(-1, 2**64), st.binary(min_size=32, max_size=32))
def test_a_file_gives_back_what_it_took(tmp_path: Path, number: int, block: bytes) -> None:
    """Every cursor survives a restart."""
    path = tmp_path / "cursor.json"
    FileCursor(path).save(Cursor(number, block))
    assert FileCursor(path).load() == Cursor(number, block)
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_is_no_cursor(tmp_path: Path) -> None:
    """The first start has none, in a file or in memory."""
    assert FileCursor(tmp_path / "cursor.json").load() is None
    assert MemoryCursor().load() is None


DAMAGED = ["", "{", "[]", "{}", '{"number": "x", "hash": ""}', '{"number": 1, "hash": "z"}']


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_says_so(tmp_path: Path, text: str) -> None:
    """Damage is an error that names the file and what to do, never a silent start from the beginning."""
    path = tmp_path / "cursor.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"cursor\.json holds no cursor .* remove it"):
        FileCursor(path).load()


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """The old cursor stays when the new one cannot be written."""
    path = tmp_path / "cursor.json"
    FileCursor(path).save(Cursor(1, b""))
    (tmp_path / "cursor.json.new").mkdir()
    with pytest.raises(JournalError, match="make room"):
        FileCursor(path).save(Cursor(2, b""))
    assert FileCursor(path).load() == Cursor(1, b"")
