"""The reader of trees against trees that are meant to exhaust it, mislead it, or break it."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import SHA2_256, Forest, blob, link, node, number, unixfs

from chainboy.content import MAX_CONTENT
from chainboy.content.dag import Address, Bounds, Codec, Node, Piece, read_file
from chainboy.content.dag.protobuf import fields
from chainboy.errors import ContentMismatch, EncodingError


@pytest.fixture
def forest() -> Forest:
    """No blocks yet."""
    return Forest()


def test_data_comes_before_links(forest: Forest) -> None:
    """As in the trickle layout: inner nodes hold bytes, too."""
    inner = forest.branch([forest.leaf(b"c"), forest.leaf(b"d")], [1, 1], b"b")
    assert read_file(forest.branch([inner, forest.leaf(b"e")], [3, 1], b"a"), forest.fetch) == b"abcde"


def test_a_block_may_carry_itself() -> None:
    """An identity address needs no fetch."""
    leaf = Address(Codec.RAW, 0, b"inside")
    root = Address(Codec.DAG_PB, 0, node([leaf, leaf], unixfs(sizes=[6, 6])))
    assert read_file(root, lambda _: b"never") == b"insideinside"


def test_an_empty_file(forest: Forest) -> None:
    """As a raw block, and as a node without size."""
    assert read_file(forest.leaf(b""), forest.fetch) == b""
    assert read_file(forest.raw_node(blob(1, number(1, 2))), forest.fetch) == b""


def test_a_forged_block_is_a_mismatch(forest: Forest) -> None:
    """Wherever in the tree it is."""
    leaf = forest.leaf(b"true")
    root = forest.branch([leaf], [4])
    forest.blocks[leaf] = b"fals"
    with pytest.raises(ContentMismatch, match=str(leaf)):
        read_file(root, forest.fetch)


def test_doubling_at_each_level(forest: Forest) -> None:
    """2^30 links to an empty leaf, in thirty small blocks: given up, with each block fetched once."""
    address = forest.leaf(b"")
    for _ in range(30):
        address = forest.branch([address, address], [0, 0])
    with pytest.raises(EncodingError, match="too many blocks"):
        read_file(address, forest.fetch)
    assert len(forest.asked) <= 31


def test_doubling_bytes_at_each_level(forest: Forest) -> None:
    """2^30 bytes by the same way: refused at the root."""
    address, size = forest.leaf(b"x"), 1
    for _ in range(30):
        address, size = forest.branch([address, address], [size, size]), 2 * size
    with pytest.raises(EncodingError, match="split it"):
        read_file(address, forest.fetch)
    assert len(forest.asked) == 1


def test_a_node_wider_than_any_file(forest: Forest) -> None:
    """Links enough to fill a block, to nothing."""
    leaf = forest.leaf(b"")
    with pytest.raises(EncodingError, match="too many blocks"):
        read_file(forest.branch([leaf] * 20_000, [0] * 20_000), forest.fetch)


def test_a_chain_deeper_than_any_file(forest: Forest) -> None:
    """One link a level."""
    address = forest.leaf(b"x")
    for _ in range(33):
        address = forest.branch([address], [1])
    with pytest.raises(EncodingError, match="levels"):
        read_file(address, forest.fetch)


def test_blocks_larger_than_any(forest: Forest) -> None:
    """One alone, and many together that differ."""
    with pytest.raises(EncodingError, match="too large"):
        read_file(forest.leaf(bytes(2 * MAX_CONTENT + 1)), forest.fetch)
    fat = [forest.raw_node(node([], unixfs() + blob(99, bytes((i,)) * MAX_CONTENT))) for i in range(9)]
    with pytest.raises(EncodingError, match="too large"):
        read_file(forest.branch(fat, [0] * 9), forest.fetch)


@pytest.mark.parametrize(
    ("links", "message"),
    [
        (1, unixfs(sizes=[])),  # a link without a size
        (0, unixfs(sizes=[4])),  # a size without a link
        (1, unixfs(sizes=[5])),  # another size than the leaf has
        (1, unixfs(sizes=[4], size=5)),  # sizes that do not add up
        (0, unixfs(b"data", size=3)),
        (0, unixfs(kind=1)),  # a directory, a symlink, a sharded directory, metadata
        (0, unixfs(b"target", kind=4)),
        (0, unixfs(kind=5)),
        (0, unixfs(kind=3)),
        (0, unixfs(kind=6)),  # nothing known
        (0, number(3, 0)),  # no kind
        (0, b"\xff"),  # no message
        (0, number(1, 2) + number(2, 7)),  # fields of the wrong wire type
        (0, blob(1, b"\x02")),
        (1, unixfs(sizes=[2**64 - 1])),
    ],
)
def test_nodes_that_contradict_themselves(forest: Forest, links: int, message: bytes) -> None:
    """Are no files."""
    root = forest.raw_node(node([forest.leaf(b"leaf")] * links, message))
    with pytest.raises(EncodingError):
        read_file(root, forest.fetch)


LINK = link(Address(Codec.RAW, SHA2_256, hashlib.sha256(b"").digest()))
HASH = LINK[:38]


@pytest.mark.parametrize(
    "block",
    [
        blob(1, b"") + blob(1, b""),  # Data twice
        blob(2, LINK) + blob(1, b"") + blob(2, LINK),  # links on both sides of it
        blob(3, b""),  # unknown fields
        blob(2, LINK + number(4, 1)),
        number(1, 1),  # wire types
        blob(2, number(1, 1)),
        blob(2, HASH + number(2, 1)),
        blob(2, HASH + blob(3, b"")),
        blob(2, HASH + HASH),  # a link's fields twice, or out of order
        blob(2, blob(2, b"name") + HASH),
        blob(2, blob(2, b"name")),  # a link to nowhere
        blob(2, b""),
        blob(2, blob(1, b"")),
        blob(2, blob(1, bytes((1, 0x71, 0x12, 32)) + bytes(32))),  # to another codec
        b"\x0a\x05abc",  # the end within a field, a key, a length, a number
        b"\x80",
        b"\x0a\xff",
        b"\x08" + b"\xff" * 10 + b"\x01",
        b"\x08" + b"\xff" * 9 + b"\x7f",  # more than 64 bits
        b"\x02\x00",  # field number 0
        b"\x0b",  # a group
        b"\x0e",
    ],
)
def test_blocks_that_are_no_nodes(block: bytes) -> None:
    """Are refused, as the specification asks."""
    with pytest.raises(EncodingError):
        Node.decode(block)


def test_both_orders_of_data_and_links() -> None:
    """Data after the links is what tools write; before them is read, too."""
    assert Node.decode(blob(1, b"x") + blob(2, LINK)) == Node.decode(blob(2, LINK) + blob(1, b"x"))


def test_a_node_without_data_is_no_file(forest: Forest) -> None:
    """It says nothing about a file."""
    with pytest.raises(EncodingError, match="no file"):
        read_file(forest.raw_node(b""), forest.fetch)


def test_all_wire_types_are_passed_over() -> None:
    """Fields that a piece does not know may have any of them."""
    message = unixfs(b"x") + b"\x81\x01" + bytes(8) + b"\x85\x01" + bytes(4) + blob(17, b"y")
    assert Piece.decode(message).data == b"x"
    assert [field.value for field in fields(b"\x09" + bytes(8) + b"\x0d" + bytes(4))] == [bytes(8), bytes(4)]


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    """By each decoder; nothing but errors of this package."""
    for decode in (Node.decode, Piece.decode, lambda block: list(fields(block))):
        with suppress(EncodingError):
            decode(data)


@given(st.data(), st.binary(max_size=500), st.integers(1, 7), st.integers(2, 5))
def test_a_tree_of_any_shape_with_one_byte_changed(
    data: st.DataObject, content: bytes, size: int, width: int
) -> None:
    """Whole, it is the content; changed anywhere, it is an error or, under a new address, bounded bytes."""
    forest = Forest()
    level = [
        (forest.leaf(content[at : at + size]), len(content[at : at + size]))
        for at in range(0, len(content), size)
    ]
    while len(level) > 1:
        groups = [level[at : at + width] for at in range(0, len(level), width)]
        level = [
            (
                forest.branch([link for link, _ in group], [size for _, size in group]),
                sum(size for _, size in group),
            )
            for group in groups
        ]
    root = level[0][0] if level else forest.leaf(b"")
    assert read_file(root, forest.fetch) == content
    victim = data.draw(st.sampled_from(sorted(forest.blocks)))
    block = bytearray(forest.blocks[victim] or b"\0")
    block[data.draw(st.integers(0, len(block) - 1))] ^= data.draw(st.integers(1, 255))
    forest.blocks[victim] = bytes(block)
    with pytest.raises(ContentMismatch):
        read_file(root, forest.fetch)
    try:
        changed = read_file(forest.raw_node(bytes(block)), forest.fetch, Bounds(file=1000, steps=1000))
    except (EncodingError, ContentMismatch, KeyError):
        return
    assert len(changed) <= 1000
