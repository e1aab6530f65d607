"""Every signer of this package against the one suite; Web3Signer's side of the line is a script here.

The same suite runs in `tests/e2e/test_web3signer.py` against a server in a process of its own.
"""

from __future__ import annotations

import json

import httpx
import pytest
from eth_account import Account
from eth_keys.datatypes import PrivateKey

from chainboy.chain import KeySigner, Signer
from chainboy.chain.web3signer import Line, Web3Signer
from chainboy.consensus.encoding import keccak
from chainboy.testing.signer_conformance import SignerConformance
from chainboy.units import Address

KEY = keccak(b"a signer's key")
SALT_SECRET = keccak(b"a salt secret")
PUBLIC = f"0x{PrivateKey(KEY).public_key.to_bytes().hex()}"


def served(request: httpx.Request) -> httpx.Response:
    """Signs like Web3Signer, with eth-account."""
    if request.method == "GET":
        return httpx.Response(200, json=[PUBLIC])
    assert request.url.path == f"/api/v1/eth1/sign/{PUBLIC}"
    digest = keccak(bytes.fromhex(json.loads(request.content)["data"][2:]))
    return httpx.Response(200, text=f"0x{Account.unsafe_sign_hash(digest, KEY).signature.hex()}")


class TestKeySigner(SignerConformance):
    """A key in memory."""

    @pytest.fixture
    def signer(self) -> Signer:
        """One key."""
        return KeySigner(KEY)

    @pytest.fixture
    def again(self) -> Signer:
        """The same key."""
        return KeySigner(KEY)


def remote() -> Web3Signer:
    """Web3Signer that answers well."""
    line = Line(url="http://signer.invalid:9000", transport=httpx.MockTransport(served))
    return Web3Signer(line, Address(Account.from_key(KEY).address), SALT_SECRET)


class TestWeb3Signer(SignerConformance):
    """A key behind HTTP."""

    @pytest.fixture
    def signer(self) -> Signer:
        """One account."""
        return remote()

    @pytest.fixture
    def again(self) -> Signer:
        """The same account."""
        return remote()
