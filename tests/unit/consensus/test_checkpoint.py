"""Checkpoints and who signed them: digest and text, shapes of signatures, packing and choosing signers."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from keyring import ORDER, keys, mirrored, recover

from chainboy.chain.signer import KeySigner
from chainboy.consensus.attestations import Attestations, outweighs, signers
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.distribution import StakeDistribution
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.signing import Domain, checkpoint_digest, checkpoint_message, signer_of
from chainboy.errors import EncodingError

KEYS = keys(5)
NODES = [key.address for key in KEYS]
STRANGER = KeySigner(b"\x09" * 32)
DOMAIN = Domain(111_111, to_address(b"\x0a" * 20))
LIST = StakeDistribution(tuple(zip(NODES, (10, 30, 20, 30, 10), strict=True)))
POINT = Checkpoint(
    number=3,
    epoch=7,
    stake_hash=LIST.hash,
    stake_total=LIST.total,
    records_root=b"\x05" * 32,
    records_count=12,
    home_block=99,
)
MESSAGE = checkpoint_message(DOMAIN, POINT)
DIGEST = checkpoint_digest(DOMAIN, POINT)
SIGNATURES = {key.address: key.sign(MESSAGE) for key in KEYS}


def test_digest_is_eip_712() -> None:
    """As eth-account makes it of the named fields."""
    names = ("number", "epoch", "stakeHash", "stakeTotal", "recordsRoot", "recordsCount", "homeBlock")
    types = ("uint256", "uint256", "bytes32", "uint256", "bytes32", "uint256", "uint256")
    fields = [{"name": name, "type": kind} for name, kind in zip(names, types, strict=True)]
    domain = {"name": "ChainBoy", "version": "1", "chainId": 111_111, "verifyingContract": DOMAIN.hub}
    values = dict(zip(names, attrs.astuple(POINT), strict=True))
    message = encode_typed_data(domain, {"Checkpoint": fields}, values)
    assert keccak(b"\x19" + message.version + message.header + message.body) == DIGEST


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Checkpoint)])
def test_digest_binds_every_field(field: str) -> None:
    """One bit of any changes it."""
    value = getattr(POINT, field)
    other = value ^ 1 if isinstance(value, int) else bytes([value[0] ^ 1]) + value[1:]
    assert checkpoint_digest(DOMAIN, attrs.evolve(POINT, **{field: other})) != DIGEST


def test_text() -> None:
    """One text for one checkpoint."""
    text = POINT.to_json()
    assert Checkpoint.from_json(text) == POINT
    assert text.startswith('{\n  "number": "3",\n  "epoch": "7",\n  "stakeHash": "0x')
    assert text.endswith(',\n  "recordsCount": "12",\n  "homeBlock": "99"\n}\n')


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"epoch": "7"', '"epoch": 7', "epoch is no decimal"),
        ('"epoch": "7"', f'"epoch": "{2**256}"', "epoch must be"),
        ('"homeBlock": "99"', '"homeBlock": "99", "more": "1"', "line 8 is not in the canonical form"),
        ("0x0505", "0x05", "records_root must be 32 bytes"),
        ('"number": "3",\n', "", "number is missing"),
    ],
)
def test_texts_that_are_none(old: str, new: str, reason: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(EncodingError, match=reason):
        Checkpoint.from_json(POINT.to_json().replace(old, new, 1))


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Checkpoint)])
def test_fields_have_their_types(field: str) -> None:
    """Words and hashes alone."""
    wrong: Any
    for wrong in (-1, 2**256, "1", b"short", None, True):
        with pytest.raises(EncodingError, match=field):
            attrs.evolve(POINT, **{field: wrong})


def test_a_signature_is_its_key_s() -> None:
    """Over this digest and no other."""
    for key in KEYS:
        assert signer_of(DIGEST, SIGNATURES[key.address], recover) == key.address
        assert signer_of(b"\x01" * 32, SIGNATURES[key.address], recover) != key.address


def _r_s_v(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURES[NODES[0]][:-1],
        SIGNATURES[NODES[0]] + b"\0",
        SIGNATURES[NODES[0]][:-1] + b"\x00",
        SIGNATURES[NODES[0]][:-1] + b"\x1a",
        SIGNATURES[NODES[0]][:-1] + b"\x1d",
        mirrored(SIGNATURES[NODES[0]]),
        _r_s_v(0, 1, 27),
        _r_s_v(1, 0, 27),
        _r_s_v(ORDER, 1, 27),
        _r_s_v(1, ORDER // 2 + 1, 27),
        _r_s_v(5, 1, 27),
    ],
)
def test_nobody_s_signatures(signature: bytes) -> None:
    """Wrong lengths, wrong v, high s, zero, too large, and an r that is no point of the curve."""
    assert signer_of(DIGEST, signature, recover) == ZERO_ADDRESS


def test_low_s_ends_at_half_the_order() -> None:
    """Exactly half is low; what is outside the ranges of r and s is not even asked."""
    asked: list[bytes] = []

    def remember(_digest: bytes, signature: bytes) -> str:
        asked.append(signature)
        return NODES[0]

    edge = _r_s_v(ORDER - 1, ORDER // 2, 28)
    assert signer_of(DIGEST, edge, remember) == NODES[0]
    outside = ((ORDER - 1, ORDER // 2 + 1), (ORDER - 1, 0), (ORDER, 1), (0, 1))
    for r, s in outside:
        assert signer_of(DIGEST, _r_s_v(r, s, 28), remember) == ZERO_ADDRESS
    assert asked == [edge]


def test_signers() -> None:
    """In the list's order, each once; strangers and rubbish are passed over."""
    given = [
        SIGNATURES[NODES[3]],
        STRANGER.sign(MESSAGE),
        b"rubbish",
        SIGNATURES[NODES[1]],
        SIGNATURES[NODES[3]],
        KEYS[0].sign(b"something else"),
    ]
    found = signers(DIGEST, LIST, given, recover)
    assert list(found.items()) == [(NODES[1], SIGNATURES[NODES[1]]), (NODES[3], SIGNATURES[NODES[3]])]


def _of(*positions: int) -> dict[str, bytes]:
    return {NODES[i]: SIGNATURES[NODES[i]] for i in positions}


def test_packing() -> None:
    """Bit i and the i-th signature are of entry i; who is not in the list is dropped."""
    signed = {**_of(4, 0, 2), STRANGER.address: STRANGER.sign(MESSAGE)}
    packed = Attestations.pack(LIST, signed)
    assert packed.bitmap == 0b10101
    assert packed.signatures == SIGNATURES[NODES[0]] + SIGNATURES[NODES[2]] + SIGNATURES[NODES[4]]
    assert packed.weight == 40
    assert Attestations.pack(LIST, {}) == Attestations(0, b"", 0)


def test_the_fewest_that_suffice() -> None:
    """Heaviest first, of equal weights the lower address; half of the total is not enough."""
    assert Attestations.fewest(LIST, _of(0, 1, 2, 3, 4)) == Attestations.pack(LIST, _of(1, 3))
    assert Attestations.fewest(LIST, _of(0, 1, 2, 4)) == Attestations.pack(LIST, _of(0, 1, 2))
    assert Attestations.fewest(LIST, _of(1, 2)) is None
    assert Attestations.fewest(LIST, {}) is None


def test_more_than_half() -> None:
    """Half is not."""
    assert not outweighs(50, 100)
    assert outweighs(51, 100)
    assert outweighs(50, 99)
    assert not outweighs(0, 0)
