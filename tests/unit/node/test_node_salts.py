"""Secrets: the same after any loss of memory, different where they should differ, never a signature."""

from __future__ import annotations

import hashlib
import hmac

from eth_abi.abi import encode
from eth_hash.auto import keccak

from chainboy.chain.signer import KeySigner
from chainboy.consensus.encoding import commitment
from chainboy.consensus.fields import to_address
from chainboy.node.salts import Secrets

HUB, OTHER_HUB = to_address(b"\1" * 20), to_address(b"\2" * 20)
TASK, OTHER_TASK = b"\3" * 32, b"\4" * 32


def secrets(key: bytes = b"\7" * 32, chain: int = 111_111, hub: str = HUB) -> Secrets:
    """The secrets of a key on a hub."""
    return Secrets(deriver=KeySigner(key), home_chain_id=chain, hub=hub)


def test_salt_is_the_same_in_another_process() -> None:
    """Derived from key, chain, hub and task alone."""
    assert secrets().salt(TASK) == secrets().salt(TASK)
    assert secrets().contribution(TASK) == secrets().contribution(TASK)


def test_salts_differ_where_they_must() -> None:
    """By key, chain, hub and task; and a contribution is never a salt."""
    made = [
        secrets().salt(TASK),
        secrets().salt(OTHER_TASK),
        secrets(key=b"\x08" * 32).salt(TASK),
        secrets(chain=111_000).salt(TASK),
        secrets(hub=OTHER_HUB).salt(TASK),
        secrets().contribution(TASK),
        secrets().contribution(OTHER_TASK),
    ]
    assert len(set(made)) == len(made)
    assert {len(secret) for secret in made} == {32}


def test_label_is_what_the_protocol_says() -> None:
    """The domain's hash, home chain id, hub and task id, as one ABI encoding under the key's HMAC."""

    class Recorder:
        label = b""

        def derive(self, label: bytes) -> bytes:
            Recorder.label = label
            return hmac.digest(b"secret", label, hashlib.sha256)

    kept = Secrets(deriver=Recorder(), home_chain_id=111_111, hub=HUB)
    kept.salt(TASK)
    types = ("bytes32", "uint256", "address", "bytes32")
    assert Recorder.label == encode(types, (keccak(b"ChainBoy.Salt.v1"), 111_111, HUB, TASK))
    kept.contribution(TASK)
    assert Recorder.label == encode(types, (keccak(b"ChainBoy.Contribution.v1"), 111_111, HUB, TASK))


def test_salt_is_no_signature_of_the_label() -> None:
    """Whoever gets the node to sign the public label learns nothing of the salt."""
    signer = KeySigner(b"\7" * 32)
    types = ("bytes32", "uint256", "address", "bytes32")
    label = encode(types, (keccak(b"ChainBoy.Salt.v1"), 111_111, HUB, TASK))
    signature = signer.sign(label)
    assert secrets().salt(TASK) not in (signature[:32], signature[32:64], keccak(signature))


def test_secrets_are_not_shown() -> None:
    """A representation, as logs and tracebacks have it, holds no key."""
    assert "deriver" not in repr(secrets())


def test_commitment_binds_the_attempt() -> None:
    """The salt is one for all attempts, the commitment is not."""
    salt, node = secrets().salt(TASK), to_address(b"\5" * 20)
    first, second = (commitment(TASK, attempt, node, b"\6" * 32, salt) for attempt in (1, 2))
    assert first != second
