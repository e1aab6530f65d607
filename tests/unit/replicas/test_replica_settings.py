"""The table [journal]: where the database is, and that its password is nobody's business."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chainboy.errors import ConfigError
from chainboy.node.replicas.server import Server
from chainboy.node.replicas.settings import PostgresSettings, configured
from chainboy.tables import Table

URL = "postgresql://op:hunter2@db.example:6432/node"


def read(folder: Path, **keys: object) -> PostgresSettings:
    """The settings that these keys make."""
    return configured(Table(keys, "node.toml: journal."), folder)


def test_the_url_comes_from_a_file_the_environment_or_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's path is relative; what the environment has is gone once it is read."""
    (tmp_path / "url").write_text(URL + "\n")
    monkeypatch.setenv("JOURNAL_URL", URL)
    fromenv = read(tmp_path, postgres_url_env="JOURNAL_URL")
    for settings in (read(tmp_path, postgres_url_file="url"), fromenv, read(tmp_path, postgres_url=URL)):
        assert settings.url() == URL
        assert (settings.lease_seconds, settings.hand_over_seconds) == (15, 60)
        assert "hunter2" not in repr(settings)
    with pytest.raises(ConfigError, match="no JOURNAL_URL"):
        fromenv.url()
    given = read(tmp_path, postgres_url=URL, lease_seconds=4, hand_over_seconds=0.5)
    assert (given.lease_seconds, given.hand_over_seconds) == (4, 0.5)


@pytest.mark.parametrize("bare", ["postgresql://op@db/node", "postgresql://op@db/node?sslmode=require"])
def test_the_password_may_be_in_a_file_of_its_own(tmp_path: Path, bare: str) -> None:
    """As PostgreSQL's own library reads it, whatever characters it has; it is read when it is needed."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - an extra

    settings = read(tmp_path, postgres_url=bare, postgres_password_file="password")  # noqa: S106 - a file
    with pytest.raises(ConfigError, match=r"the secret in .*password cannot be read"):
        settings.url()
    (tmp_path / "password").write_text("h&nter2 ?/%@=\n")
    assert conninfo_to_dict(settings.url()) == conninfo_to_dict(bare) | {"password": "h&nter2 ?/%@="}
    assert "nter2" not in repr(settings)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "node.toml: journal has no URL; add one of postgres_url_file"),
        ({"postgres_url": URL, "postgres_url_env": "A"}, "keep one of postgres_url_file"),
        ({"postgres_url": ""}, "journal.postgres_url must be text"),
        ({"postgres_url": URL, "lease_seconds": 0.5}, "journal.lease_seconds cannot be 0.5: give 1 seconds"),
        ({"postgres_url": URL, "lease_seconds": "x"}, "journal.lease_seconds cannot be 'x'"),
        ({"postgres_url": URL, "hand_over_seconds": 0}, "journal.hand_over_seconds cannot be 0: give"),
        ({"postgres_url": URL, "url": "x"}, "journal.url is not known"),
    ],
)
def test_each_mistake_is_told(tmp_path: Path, keys: dict[str, object], told: str) -> None:
    """By its key, without the URL."""
    with pytest.raises(ConfigError, match=told) as error:
        read(tmp_path, **keys)
    assert "hunter2" not in str(error.value)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(ConfigError, match="gone cannot be read: No such file"):
        read(tmp_path, postgres_url_file="gone").url()
    (tmp_path / "binary").write_bytes(b"\xff hunter2")
    with pytest.raises(ConfigError, match="binary cannot be read: it is not text") as error:
        read(tmp_path, postgres_url_file="binary").url()
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["", "hunter2", "mysql://op:hunter2@db/node", "postgresql://op:hunter2@db", "postgresql://op@db:x/?hunter2"],
)
def test_what_is_no_url_is_told_without_it(text: str) -> None:
    """The library's own message would quote it."""
    with pytest.raises(ConfigError, match="begin it with postgresql://") as error:
        Server(text, patience=1)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command mends it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"pip install 'chainboy\[postgres\]'"):
        Server(URL, patience=1)


def test_messages_name_the_place_alone() -> None:
    """Without user and password."""
    assert Server(URL, patience=1).place == "node on db.example:6432"
    assert Server("postgresql:///node?host=/run/pg", patience=1).place == "node on /run/pg:5432"
