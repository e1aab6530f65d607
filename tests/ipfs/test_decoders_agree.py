"""Our decoders of blocks against those of js-ipfs, on blocks with bytes changed: both find the same."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ipfs_daemon import HERE, needs_daemon
from trees import Forest, blob, node, number, unixfs

from chainboy.content.dag import Address, Kind, Node, Piece
from chainboy.errors import EncodingError

pytestmark = pytest.mark.ipfs

T = TypeVar("T")

BLOCKS = 6_000


def seeds() -> list[bytes]:
    """Blocks as tools write them, and some as no tool does."""
    forest = Forest()
    leaves = [forest.leaf(bytes((i,)) * i) for i in range(4)]
    branch = forest.branch(leaves, range(4), b"more")
    message = unixfs(b"some", [1, 2])
    return [
        forest.blocks[branch],
        forest.blocks[forest.branch([branch, branch], [10, 10])],
        node([], unixfs(b"hello world\n")),
        node(leaves, message + number(5, 1) + number(6, 2) + number(7, 0o644)),
        blob(1, message) + b"".join(blob(2, blob(1, leaf.pack())) for leaf in leaves),
        node(leaves[:1], blob(9, b"") + message),
        *(node(leaves[:kind], unixfs(kind=kind)) for kind in range(6)),
    ]


def mutants(count: int) -> list[bytes]:
    """Seeds with up to three bytes changed, cut, repeated or put in."""
    chance = random.Random(11)
    out = []
    for _ in range(count):
        block = bytearray(chance.choice(seeds()))
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(block) + 1)
            match chance.randrange(4):
                case 0:
                    block[at : at + 1] = bytes((chance.randrange(256),))
                case 1:
                    del block[at : at + chance.randrange(1, 40)]
                case 2:
                    block[at:at] = block[at : at + chance.randrange(1, 60)]
                case _:
                    block[at : at + 1] = bytes(b ^ 1 << chance.randrange(8) for b in block[at : at + 1])
        out.append(bytes(block))
    return out


def theirs(blocks: list[bytes]) -> list[dict[str, Any]]:
    """What js-ipfs makes of each."""
    done = subprocess.run(
        ["node", "decode.mjs"],
        cwd=Path(HERE),
        input="\n".join(block.hex() for block in blocks),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_of_a_file(link: str, block: bytes) -> bool:
    """Whether a link's CID is one that a file's block may have, and stands in the block as it was decoded."""
    cid = bytes.fromhex(link)
    return decoded(cid, Address.unpack) is not None and blob(1, cid) in block


def decoded(data: bytes, decode: Callable[[bytes], T]) -> T | None:
    """What one of our decoders makes of it, if anything."""
    try:
        return decode(data)
    except EncodingError:
        return None


def test_decoders_agree() -> None:
    """The same blocks are nodes, but for links to what is no file's; those of a file say the same of it."""
    needs_daemon()
    blocks = mutants(BLOCKS)
    files = 0
    for block, their in zip(blocks, theirs(blocks), strict=True):
        ours = decoded(block, Node.decode)
        if ours is None:
            assert "error" in their or not all(is_of_a_file(link, block) for link in their["links"])
            continue
        assert "error" not in their, (block.hex(), their)
        assert list(ours.links) == [Address.unpack(bytes.fromhex(link)) for link in their["links"]]
        assert ours.data == (None if their["data"] is None else bytes.fromhex(their["data"]))
        piece = None if ours.data is None else decoded(ours.data, Piece.decode)
        if piece is None or piece.kind not in (Kind.RAW, Kind.FILE):
            continue
        files += 1
        told = (piece.kind.name.lower(), piece.data.hex(), [str(size) for size in piece.sizes])
        assert their["piece"] == dict(zip(("type", "data", "sizes"), told, strict=True)), block.hex()
    assert files > BLOCKS // 20
