"""The table `[sources]`: what it means, and one sentence with the key's name for every mistake."""

from __future__ import annotations

import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest

from chainboy.errors import ConfigError
from chainboy.sources import Guard, Limits, WebSources
from chainboy.sources.config import configured
from chainboy.tables import Table

FULL = """
timeout_seconds = 2.5
total_seconds = 4
max_bytes = 1000
redirects = 0
tries = 1
allow_http = true
allow_loopback = true
allowed_hosts = ["Example.org", ".example.com"]
denied_hosts = ["evil.example.org."]
denied_networks = ["198.51.100.0/24", "2001:db8::/32"]
"""


def read(text: str) -> WebSources:
    """The reader that a table describes."""
    return configured(Table(tomllib.loads(text), "node.toml: sources."), Path())


def test_every_key() -> None:
    """Names of hosts in lower case and without dots around them."""
    assert read(FULL) == WebSources(
        limits=Limits(timeout_seconds=2.5, total_seconds=4.0, max_bytes=1_000, redirects=0, tries=1),
        guard=Guard(
            allow_http=True,
            allow_loopback=True,
            allowed_hosts=frozenset({"example.org", "example.com"}),
            denied_hosts=frozenset({"evil.example.org"}),
            denied_networks=frozenset({ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")}),
        ),
    )


def test_an_empty_table_is_careful() -> None:
    """Only https, only public addresses."""
    assert read("") == WebSources()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout_seconds = 0", "sources.timeout_seconds cannot be 0: give seconds above zero"),
        ("total_seconds = true", "sources.total_seconds"),
        ("max_bytes = 0", "sources.max_bytes"),
        ("max_bytes = 16777217", "at most 16777216 bytes"),
        ("redirects = -1", "sources.redirects"),
        ("tries = 0", "sources.tries"),
        ("allow_http = 1", "sources.allow_http"),
        ("allow_loopback = 'yes'", "give true or false"),
        ("allowed_hosts = 'example.org'", "give a list"),
        ("allowed_hosts = [1]", "give names of hosts"),
        ("denied_hosts = ['.']", "give names of hosts"),
        ("denied_networks = ['10.0.0.1/8']", "sources.denied_networks"),
        ("proxy = 'http://x'", "sources.proxy is not known"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    """Each names its key."""
    with pytest.raises(ConfigError, match=message):
        read(text)
