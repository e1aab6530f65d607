"""Our CIDs against real Kubo: it finds, under the text we write, exactly the bytes we hashed."""

from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest
from kubo import add_and_read, stored_blocks

from chainboy.content import MAX_CONTENT
from chainboy.content.dag import Address, Codec, read_file
from chainboy.programs import Cid
from chainboy.units import Digest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of several of Kubo's default chunks."""
    path = tmp_path / "file"
    path.write_bytes(random.Random(7).randbytes(600_000))
    return path


def test_kubo_is_real(tmp_path: Path) -> None:
    """The library gives the CID that the whole world has for ``hello world``."""
    path = tmp_path / "file"
    path.write_bytes(b"hello world\n")
    assert add_and_read(tmp_path, path)[0] == "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"


def test_kubo_finds_its_own_blocks_under_our_cids(tmp_path: Path, file: Path) -> None:
    """Kubo hashed these blocks, we hashed them again: it must know every one by our name for it."""
    add_and_read(tmp_path, file)
    blocks = {str(Cid.of(block)): block for block in stored_blocks(tmp_path)}
    assert len(blocks) >= 4
    assert add_and_read(tmp_path, file, list(blocks))[1] == blocks


def test_kubo_serves_any_allowed_size_as_one_raw_block(tmp_path: Path, file: Path) -> None:
    """Up to 1 MiB a piece of content is one raw block: what `--chunker=size-1048576` makes of it."""
    chunk = 256 * 1024
    pieces = [random.Random(size).randbytes(size) for size in (0, 1, chunk, chunk + 1, MAX_CONTENT)]
    blocks = {str(Cid.of(piece)): piece for piece in pieces}
    add_and_read(tmp_path, file)
    for piece in pieces:
        _write_block(tmp_path / "repo" / "blocks", Cid.of(piece), piece)
    assert add_and_read(tmp_path, file, list(blocks))[1] == blocks


def _write_block(blocks: Path, cid: Cid, data: bytes) -> None:
    """Put a block where Kubo's flatfs store keeps it: by multihash, in the next-to-last two letters."""
    name = base64.b32encode(bytes((0x12, 0x20)) + cid.digest).decode().rstrip("=")
    folder = blocks / name[-3:-1]
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.data").write_bytes(data)


@pytest.mark.parametrize("size", [0, 300_000, MAX_CONTENT])
def test_our_reader_reads_kubos_trees(tmp_path: Path, size: int) -> None:
    """A file added with defaults, block by block out of Kubo's own block store: the same bytes."""
    path = tmp_path / "file"
    path.write_bytes(random.Random(size).randbytes(size))
    root = Address.parse(add_and_read(tmp_path, path)[0])
    blocks = {Cid.of(block).digest: block for block in stored_blocks(tmp_path)}
    assert root.codec is Codec.DAG_PB
    assert read_file(root, lambda address: blocks[Digest(address.digest)]) == path.read_bytes()


def test_kubo_refuses_what_we_refuse(tmp_path: Path, file: Path) -> None:
    """A misspelt CID is no CID for Kubo either."""
    text = str(Cid.of(b"x"))[:-1]
    assert add_and_read(tmp_path, file, [text])[1] == {text: None}
