"""Files as a real daemon makes trees of them, read block by block: the same bytes, whatever the shape."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from bad_places import good, serving
from ipfs_daemon import RealDaemon

from chainboy.cid import Cid
from chainboy.content import MAX_CONTENT, Daemon, FallbackStore, Gateway, IpfsStore
from chainboy.content.convert import fetched
from chainboy.content.dag import Address, Codec, read_file
from chainboy.content.ipfs.daemon import _library
from chainboy.errors import ContentMismatch, EncodingError

pytestmark = [pytest.mark.ipfs, pytest.mark.xdist_group("ipfs")]

SIZES = (0, 1, 100, 5_000, 262_144, 262_145, 700_000, MAX_CONTENT)

SHAPES: dict[str, dict[str, Any]] = {
    "as usual": {},
    "raw leaves": {"raw_leaves": True, "cid_version": 1},
    "version 1, wrapped leaves": {"cid_version": 1, "raw_leaves": False},
    "many small chunks": {"chunker": "size-16384"},
    "trickle": {"chunker": "size-16384", "trickle": True},
    "by content": {"chunker": "rabin-8192-16384-32768"},
    "sha2-512": {"cid_version": 1, "opts": {"hash": "sha2-512"}},
    "one raw block": {"raw_leaves": True, "cid_version": 1, "chunker": f"size-{MAX_CONTENT}"},
}


@pytest.fixture
def store(daemon: RealDaemon) -> IpfsStore:
    """A store on the daemon."""
    return IpfsStore(daemon=Daemon(daemon.api))


def added(daemon: RealDaemon, data: bytes, **options: Any) -> Address:
    """What the daemon calls ``data``, added with ``options``."""
    api = _library().Client(daemon.api.replace("http://127.0.0.1:", "/ip4/127.0.0.1/tcp/"))
    options["opts"] = dict(options.get("opts", {}))
    return Address.parse(api.add(io.BytesIO(data), **options)["Hash"])


def data_of(size: int) -> bytes:
    """Bytes that do not repeat, the same each time."""
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(daemon: RealDaemon, store: IpfsStore, shape: str) -> None:
    """Of any size, chunker, layout, hash and version."""
    for size in SIZES if shape == "as usual" else SIZES[1::3] + SIZES[-2:]:
        data = data_of(size)
        assert read_file(added(daemon, data, **SHAPES[shape]), store.block) == data


def test_the_daemons_raw_block_is_our_name(daemon: RealDaemon) -> None:
    """Added as one raw block, a file has the daemon's name, which is ours."""
    for size in SIZES:
        data = data_of(size)
        assert added(daemon, data, **SHAPES["one raw block"]) == Address.of(Cid.of(data))


def test_a_file_that_repeats_is_fetched_once(daemon: RealDaemon, store: IpfsStore) -> None:
    """Blocks that are the same are one."""
    asked: list[Address] = []

    def fetch(address: Address) -> bytes:
        asked.append(address)
        return store.block(address)

    assert read_file(added(daemon, bytes(MAX_CONTENT)), fetch) == bytes(MAX_CONTENT)
    assert len(asked) == 2


def test_a_file_that_is_too_large_is_refused_at_its_root(daemon: RealDaemon, store: IpfsStore) -> None:
    """One byte more than content may have; nothing but the root is fetched."""
    root = added(daemon, bytes(MAX_CONTENT + 1))
    asked: list[Address] = []
    with pytest.raises(EncodingError, match="split it"):
        read_file(root, lambda address: (asked.append(address), store.block(address))[1])
    assert asked == [root]


def test_a_directory_is_no_file(daemon: RealDaemon, store: IpfsStore) -> None:
    """It is told that it is a directory."""
    api = _library().Client(daemon.api.replace("http://127.0.0.1:", "/ip4/127.0.0.1/tcp/"))
    entries = api.add(io.BytesIO(b"inside"), wrap_with_directory=True)
    with pytest.raises(EncodingError, match="is a directory"):
        read_file(Address.parse(entries[-1]["Hash"]), store.block)


def test_any_gateway_converts(daemon: RealDaemon, store: IpfsStore) -> None:
    """Block by block from gateways, one of which forges one of the blocks."""
    data = data_of(700_000)
    root = added(daemon, data)
    assert root.codec is Codec.DAG_PB
    blocks: dict[str, bytes] = {}

    def fetch(address: Address) -> bytes:
        return blocks.setdefault(str(address), store.block(address))

    read_file(root, fetch)
    forged = dict.fromkeys(blocks, b"forged") | {str(root): blocks[str(root)]}
    with serving(good(forged)) as liar, serving(good(blocks)) as honest:
        with pytest.raises(ContentMismatch):
            fetched(root, Gateway(liar.url), 20)
        assert fetched(root, FallbackStore.of(Gateway(liar.url), Gateway(honest.url)), 20) == data


def test_the_daemons_own_gateway_serves_our_content(daemon: RealDaemon, store: IpfsStore) -> None:
    """What was put through the API comes back through the gateway."""
    for size in SIZES:
        data = data_of(size)
        assert Gateway(daemon.gateway).get(store.put(data)) == data
