"""What a configuration says of remote stores, what is refused, and the waiting that follows from it."""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from chainboy import plugins
from chainboy.cid import Cid
from chainboy.content import (
    Cache,
    CachedStore,
    Daemon,
    DirectoryStore,
    FallbackStore,
    Gateway,
    IpfsStore,
    Patience,
    Pins,
    cache,
    directory,
    gateway,
    ipfs,
)
from chainboy.content.convert import fetched
from chainboy.content.dag import Address
from chainboy.content.ipfs import daemon
from chainboy.content.patience import Deadline, Line, Passing
from chainboy.errors import ConfigError, ContentUnavailable
from chainboy.node.config import NodeConfig
from chainboy.tables import Table, base_url

URLS = ["http://127.0.0.1:5001", "https://[::1]:5001/ipfs-api/", "http://node.example"]


def table(**values: Any) -> Table:
    """A table of a node's file."""
    return Table(values, "node.toml: content.x.")


def test_daemons(tmp_path: Path) -> None:
    """Each URL is a store; the book of pins is one, beside the file."""
    patience = {"connect_seconds": 1, "timeout_seconds": 9.5, "attempts": 2}
    keys = {"daemons": URLS, "search_seconds": 3, "pins": "pins.sqlite", "pin_days": 7, **patience}
    store = ipfs.configured(table(**keys), tmp_path)
    wanted = Patience(connect=1, total=9.5, attempts=2)
    assert store == FallbackStore.of(
        *(
            IpfsStore(daemon=Daemon(url, wanted, 3), pins=Pins(tmp_path / "pins.sqlite"), pin_days=7)
            for url in URLS
        )
    )
    assert str(store) == "http://127.0.0.1:5001, https://[::1]:5001/ipfs-api, http://node.example"
    (plain,) = ipfs.configured(table(daemons=URLS[:1]), tmp_path).parts
    assert plain == IpfsStore(daemon=Daemon(URLS[0]))


def test_gateways_directory_and_cache(tmp_path: Path) -> None:
    """The other parts, with what they take if nothing is said."""
    assert gateway.configured(table(urls=URLS), tmp_path) == FallbackStore.of(*map(Gateway, URLS))
    assert directory.configured(table(path="content"), tmp_path) == DirectoryStore(tmp_path / "content")
    assert cache.configured(table(path="c", max_bytes=9), tmp_path) == Cache(path=tmp_path / "c", most=9)
    assert cache.configured(table(path="/c"), tmp_path) == Cache(path=Path("/c"), most=cache.USUAL)


@pytest.mark.parametrize(
    ("configured", "values", "told"),
    [
        (ipfs.configured, {}, "content.x.daemons is missing"),
        (ipfs.configured, {"daemons": []}, "list of URLs"),
        (ipfs.configured, {"daemons": "http://x"}, "list of URLs"),
        (ipfs.configured, {"daemons": [5]}, "list of URLs"),
        (ipfs.configured, {"daemons": URLS, "pin_days": 0}, "content.x.pin_days"),
        (ipfs.configured, {"daemons": URLS, "day": 0}, "content.x.day is not known"),
        (gateway.configured, {"urls": ["gateway"]}, "http://host:port"),
        (gateway.configured, {"urls": URLS, "attempts": 0}, "content.x.attempts"),
        (gateway.configured, {"urls": URLS, "pins": "x"}, "content.x.pins is not known"),
        (directory.configured, {}, "content.x.path is missing"),
        (cache.configured, {"path": "x", "max_bytes": 0}, "content.x.max_bytes"),
    ],
)
def test_mistakes(
    configured: Callable[[Table, Path], object], values: dict[str, Any], told: str, tmp_path: Path
) -> None:
    """Each is told with the key's whole name."""

    def make() -> None:
        keys = table(**values)
        configured(keys, tmp_path)
        keys.finish()

    with pytest.raises(ConfigError, match=told):
        make()


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "ftp://x", "http://", "http://:80", "http://u:p@x", "http://x?a=b", "http://x#a"),
        *(
            " http://x",
            "http://x:99999",
            "http://x:y",
            "http://[::1",
            "http://x:0",
            "http://a b",
            "http://a\n.b",
            "http://é",
            "http://x/a?b",
            "http://[::1:2:::]",
            "/ip4/127.0.0.1/tcp/5001",
        ),
    ],
)
def test_what_is_no_place(text: str) -> None:
    """A sentence, and never a password in a log."""
    with pytest.raises(ConfigError, match="http://host:port"):
        base_url(text)


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> EntryPoints:
    """The content stores that this package registers, installed or not."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    group = "chainboy.content_stores"
    found = EntryPoints(
        EntryPoint(name, value, group) for name, value in project["entry-points"][group].items()
    )
    monkeypatch.setattr(plugins, "entry_points", found.select)
    return found


def test_the_parts_are_found_by_name(entries: EntryPoints) -> None:
    """Each adapter is an entry point."""
    assert entries["directory"].load() is directory.configured
    assert entries["gateways"].load() is gateway.configured
    assert entries["ipfs"].load() is ipfs.configured


FILE = """
[network]
file = "network.toml"
[key]
keystore = "k"
password_file = "p"
[node]
journal = "j"
[content.directory]
path = "content"
[content.ipfs]
daemons = ["http://127.0.0.1:5001"]
[content.gateways]
urls = ["https://a.example", "https://b.example"]
[content.cache]
path = "cache"
"""


@pytest.mark.usefixtures("entries")
def test_a_node_composes_them(tmp_path: Path) -> None:
    """In the order of the file, behind the cache; a key that nobody knows is told, the cache's too."""
    path = tmp_path / "node.toml"
    path.write_text(FILE)
    urls = ("https://a.example", "https://b.example")
    assert NodeConfig.load(path).content == CachedStore(
        store=FallbackStore.of(
            DirectoryStore(tmp_path / "content"),
            IpfsStore(daemon=Daemon("http://127.0.0.1:5001")),
            *map(Gateway, urls),
        ),
        cache=Cache(path=tmp_path / "cache"),
    )
    path.write_text(FILE + "size = 5")
    with pytest.raises(ConfigError, match=r"content\.cache\.size is not known"):
        NodeConfig.load(path)


def test_a_password_is_not_shown() -> None:
    """Not even in the sentence that refuses it."""
    with pytest.raises(ConfigError) as caught:
        base_url("http://user:secret@x")
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none() -> None:
    """Is told when it is used; nothing is connected to."""
    with pytest.raises(ContentUnavailable, match=r"999.*no address"):
        Daemon("http://999.999.999.999:80").block(Address.of(Cid.of(b"x")), 9)


def test_loading_the_library_leaves_the_environment_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set or not."""
    code = (
        "import os; from chainboy.content.ipfs.daemon import _library\n"
        "before = dict(os.environ); _library(); _library(); assert os.environ == before"
    )
    for value in (None, "yes"):
        if value is not None:
            monkeypatch.setenv("PY_IPFS_HTTP_CLIENT_PATCH_REQUESTS", value)
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told at once, and how to get it."""
    monkeypatch.setattr(daemon, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="pip install"):
        Daemon(URLS[0])


@pytest.mark.parametrize("field", ["connect", "total", "attempts"])
def test_no_patience_is_none(field: str) -> None:
    """Each limit is above zero."""
    with pytest.raises(ConfigError, match=field):
        Patience(**{field: 0})


def test_remote_stores_can_be_sent_to_other_processes() -> None:
    """They are configuration; connections are made when needed."""
    stores = FallbackStore.of(Gateway(URLS[0]), IpfsStore(daemon=Daemon(URLS[1]), pins=Pins("pins")))
    assert pickle.loads(pickle.dumps(stores)) == stores  # noqa: S301 - our own


def test_work_that_never_ends_is_left_behind() -> None:
    """The caller goes on; so many at a time and no more."""
    line, end = Line(most=2), threading.Event()

    def wait(_: Deadline) -> None:
        end.wait(30)

    started = time.monotonic()
    for _ in range(4):
        with pytest.raises(ContentUnavailable, match="slow: it"):
            line.ask("slow", wait, Patience(total=0.05))
    assert time.monotonic() - started < 5
    assert line._free._value == 0
    end.set()
    assert line.ask("slow", lambda _: 5, Patience()) == 5


def test_trying_again_has_an_end() -> None:
    """By number, and only for what may pass."""
    asked: list[str] = []

    def fail(error: Exception) -> Callable[[Deadline], None]:
        def work(_: Deadline) -> None:
            asked.append(str(error))
            raise error

        return work

    for error, times in ((Passing("busy"), 3), (ContentUnavailable("no"), 1), (KeyError("bug"), 1)):
        asked.clear()
        with pytest.raises(type(error)):
            Line().ask("x", fail(error), Patience())
        assert len(asked) == times


def test_a_deadline_that_is_over() -> None:
    """Says so."""
    with pytest.raises(Passing, match="in time"):
        Deadline(0).left()


def test_a_file_of_many_slow_blocks() -> None:
    """Is given up between two of them."""

    class Slow:
        def block(self, address: Address) -> bytes:
            raise AssertionError(address)

    with pytest.raises(ContentUnavailable, match="in time"):
        fetched(Address.of(Cid.of(b"x")), Slow(), 0)


def test_a_book_that_cannot_be_read(tmp_path: Path) -> None:
    """Is one clear error."""
    (tmp_path / "pins").write_bytes(b"no database" * 100)
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "pins", tmp_path / "file" / "pins"):
        with pytest.raises(ContentUnavailable, match="book of pins"):
            Pins(path).use("daemon", Cid.of(b"x"), 1)


def test_the_book(tmp_path: Path) -> None:
    """Each daemon has its own entries; a use in between saves one from being struck out."""
    book, cid = Pins(tmp_path / "deep" / "pins"), Cid.of(b"x")
    book.add("a", cid, 10)
    assert book.unused("b", 99) == []
    assert book.unused("a", 9) == []
    assert book.unused("a", 10) == [(cid, 10)]
    assert not book.use("b", cid, 11)
    assert book.use("a", cid, 11)
    assert not book.forget("a", cid, 10)
    assert book.forget("a", cid, 11)
    assert book.unused("a", 99) == []
    with sqlite3.connect(book.path) as db:
        assert db.execute("SELECT count(*) FROM pins").fetchone() == (0,)
    db.close()
