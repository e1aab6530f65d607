"""Blocks of files in IPFS: against Google's protocol buffers and py-cid."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import base58
from cid import from_bytes, make_cid
from fuzz.target import Target, text_of, words
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from chainboy.cid import Cid
from chainboy.content.dag import Address, Bounds, Codec, Node, Piece, read_file
from chainboy.errors import ContentMismatch, EncodingError

SHAPES = {
    "Link": [("Hash", 1, "BYTES", 1), ("Name", 2, "BYTES", 1), ("Tsize", 3, "UINT64", 1)],
    "Node": [("Data", 1, "BYTES", 1), ("Links", 2, "MESSAGE", 3)],
    "Data": [
        *[("Type", 1, "UINT64", 2), ("Data", 2, "BYTES", 1), ("filesize", 3, "UINT64", 1)],
        ("blocksizes", 4, "UINT64", 3),
    ],
}
"""Fields of the messages: name, number, type, and 1 for optional, 2 required, 3 repeated."""

LEAF = Address.of(Cid.of(b"leaf"))
BOUNDS = Bounds(file=4096, steps=64, depth=8)


@cache
def message(name: str) -> Any:
    """A message class of protocol buffers, version 2."""
    file = descriptor_pb2.FileDescriptorProto(name="blocks.proto", package="blocks", syntax="proto2")
    for title, fields in SHAPES.items():
        shape = file.message_type.add(name=title)
        for field, number, kind, label in fields:
            value = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind}")
            more = {"type_name": ".blocks.Link"} if kind == "MESSAGE" else {}
            shape.field.add(name=field, number=number, type=value, label=label, **more)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"blocks.{name}"))


def written(name: str, **fields: Any) -> bytes:
    """A message's bytes."""
    data: bytes = message(name)(**fields).SerializeToString()
    return data


def node(data: bytes, *links: bytes) -> bytes:
    """A block: its links come first."""
    inner = [written("Link", Hash=link, Name=b"", Tsize=9) for link in links]
    return b"".join(b"\x12" + bytes([len(link)]) + link for link in inner) + written("Node", Data=data)


def check_node(block: bytes) -> bool:
    """A block that is read says the same to Google's reader; its links are CIDs to py-cid."""
    try:
        found = Node.decode(block)
    except EncodingError:
        return False
    other = message("Node").FromString(block)
    assert (found.data or b"") == other.Data
    assert (found.data is not None) == other.HasField("Data")
    assert len(found.links) == len(other.Links)
    for link, raw in zip(found.links, other.Links, strict=True):
        assert same(link, raw.Hash)
    return True


def same(address: Address, raw: bytes) -> bool:
    """Whether py-cid reads ``raw`` as the same codec, hash function and digest."""
    named = make_cid(base58.b58encode(raw)) if raw.startswith(b"\x12\x20") else from_bytes(raw)
    codec = {"raw": Codec.RAW, "dag-pb": Codec.DAG_PB}[named.codec]
    again = Address.unpack(named.buffer)
    return codec is address.codec and again == address and named.multihash.endswith(address.digest)


def check_piece(data: bytes) -> bool:
    """What a node says of its file is what Google's reader reads."""
    try:
        piece = Piece.decode(data)
    except EncodingError:
        return False
    other = message("Data").FromString(data)
    assert (piece.kind, piece.data, piece.sizes) == (other.Type, other.Data, tuple(other.blocksizes))
    assert piece.size == len(piece.data) + sum(piece.sizes)
    return True


def check_address(data: bytes) -> bool:
    """A CID that is read is one to py-cid, and there is one way to write it back."""
    try:
        address = Address.parse(text_of(data))
    except EncodingError:
        return False
    assert Address.parse(str(address)) == address
    assert address.inline is not None or make_cid(text_of(data)).multihash.endswith(address.digest)
    return True


def check_tree(data: bytes) -> bool:
    """Whatever the blocks are, a file is read within its bounds, or refused.

    Hashes are as the fuzzer would have them: a block is fetched by the last byte of its digest, and believed.
    """
    blocks = data.split(b"\xff\xfe")
    asked = 0

    class Believed(Address):
        def names(self, block: bytes) -> bool:  # noqa: ARG002 - whatever it is
            return True

    def fetch(address: Address) -> bytes:
        nonlocal asked
        asked += 1
        return blocks[address.digest[-1] % len(blocks)]

    with suppress(ContentMismatch, EncodingError):
        return len(read_file(Believed(Codec.DAG_PB, 0x12, bytes(32)), fetch, BOUNDS)) <= BOUNDS.file
    assert asked <= BOUNDS.steps
    return False


RAW = LEAF.pack()
FILE = written("Data", Type=2, Data=b"", filesize=8, blocksizes=[4, 4])
CLAIMS = written("Data", Type=2, Data=b"hello", filesize=5)

TARGETS = (
    Target(
        name="node",
        check=check_node,
        seeds=(node(FILE, RAW, RAW), node(CLAIMS), node(b"", b"\x12\x20" + bytes(32)), b""),
        tokens=(
            *words(r"""
        \x12\x20 \n\x00 \n \x12 \x18\x01 \x80\x01
    """),
            RAW,
            b"\xff" * 9 + b"\x01",
        ),
    ),
    Target(
        name="piece",
        check=check_piece,
        seeds=(FILE, CLAIMS, written("Data", Type=4, Data=b"x")),
        tokens=(
            *words(r"""
        \x08\x02 \x12\x01a \x18\x01 \x20\x01 "\x02\x01\x02
    """),
            b"\xff" * 9 + b"\x01",
        ),
    ),
    Target(
        name="address",
        check=check_address,
        seeds=(
            str(LEAF).encode(),
            b"QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
            b"zb2rhc5Sb6ynfyCMpq15ZzgVfh2aSAcAt6q6zc6WrZVFDDrpb",
            b"f" + RAW.hex().encode(),
            b"bafkqabtimvwgy3y",
            # Once taken: with padding, with a control behind it, and version 0 with a letter for its base.
            b"bafkreie7selb6q2dhze2nxtnw2anph3acwps4swjc4tcdijiizbicwcebm=",
            b"zb2rhc5Sb6ynfyCMpq15ZzgVfh2aSAcAt6q6zc6WrZVFDDrpb\x1f",
            b"zQmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
        ),
        tokens=words(r"""
        b z f Qm 01551220 0155b22020 = f01551340
    """),
    ),
    Target(
        name="tree", check=check_tree, seeds=(node(CLAIMS), node(FILE, RAW, RAW) + b"\xff\xfe" + node(CLAIMS))
    ),
)
