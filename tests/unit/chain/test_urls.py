"""What may be shown of an address: where it leads, never the keys in it."""

from __future__ import annotations

import pytest

from chainboy.chain.urls import named, scrubbed, shown

KEYED = {
    "https://rpc.example/v3/0123456789abcdef": "https://rpc.example/...",
    "https://user:0123456789abcdef@rpc.example:8443": "https://rpc.example:8443",
    "https://rpc.example/?key=0123456789abcdef": "https://rpc.example/...",
    "https://0123456789abcdef@rpc.example/rpc?a=b": "https://rpc.example/...",
}


@pytest.mark.parametrize("url", KEYED)
def test_keys_are_not_shown(url: str) -> None:
    """In the path, the query, the user or the password; nor in what a library says of the address."""
    assert shown(url) == KEYED[url]
    path = url.partition("rpc.example")[2].removeprefix(":8443") or "/"
    for said in (
        f"404 Client Error: Not Found for url: {url}",
        f"HTTPSConnectionPool(host='rpc.example', port=443): Max retries exceeded with url: {path}",
    ):
        assert "0123456789abcdef" not in scrubbed(said, url)
        assert scrubbed(said, url)[:12] == said[:12]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8545", "http://127.0.0.1:8545/", "/run/geth.ipc"])
def test_what_has_no_key(url: str) -> None:
    """Stays as it is."""
    assert shown(url) == url.rstrip("/")
    assert scrubbed(f"no answer from {url}x", "/run/geth.ipc") == f"no answer from {url}x"


def test_names_tell_them_apart() -> None:
    """Two accounts at one provider are two endpoints."""
    urls = ["https://a.example/k1", "https://b.example", "https://a.example/k2"]
    assert list(named(urls)) == [
        "https://a.example/... (number 1)",
        "https://b.example",
        "https://a.example/... (number 3)",
    ]
    assert list(named(urls).values()) == urls
