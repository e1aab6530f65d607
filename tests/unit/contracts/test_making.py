"""Contracts made once: what was kept is gone on from, sent again, or told not to fit."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from chainboy.chain import Call, Chain, ChainProfile, KeySigner, Price, Sender
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.transaction import Transaction
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.contracts import making
from chainboy.contracts.artifacts import load, names
from chainboy.contracts.making import Creation, Maker, MemoryCreations, created_at, creation
from chainboy.contracts.runtime import check_code, immutables, is_code_of
from chainboy.errors import ChainError, ConfigError, TransactionReplaced, VersionMismatch
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Digest

pytestmark = pytest.mark.chain

TOKEN = "ChainBoyToken"  # noqa: S105 - a contract's name
DEPLOYABLE = [name for name in names() if load(name).bytecode]


@pytest.fixture(scope="module")
def chain() -> Chain:
    """A chain of these tests' own."""
    backend = EmbeddedChain()
    return Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id))


@pytest.fixture
def sender(chain: Chain) -> Sender:
    """A key that has sent nothing yet."""
    fresh = KeySigner.random()
    Sender(chain, KeySigner(FAUCET_KEY)).send(Call(to=fresh.address, value=10**20))  # type: ignore[arg-type]
    return Sender(chain, fresh)


@pytest.fixture
def kept() -> MemoryCreations:
    """Nothing yet."""
    return MemoryCreations()


def signed(sender: Sender, name: str, *arguments: Any) -> Creation:
    """A creation that was signed, and never sent."""
    found: list[Creation] = []

    class Stop(BaseException):
        """Before the broadcast."""

    def stop(nonce: int, tx_hash: Digest, raw: bytes) -> None:
        found.append(Creation(name=name, nonce=nonce, tx_hash=tx_hash, raw=raw))
        raise Stop

    with pytest.raises(Stop):
        sender.submit(creation(name, *arguments), on_signed=stop)
    return found[0]


def test_made_once(sender: Sender, kept: MemoryCreations) -> None:
    """Asked again, by another process too, it is where it was."""
    places = {Maker(sender, kept).make(TOKEN, sender.address, 5) for _ in range(2)}
    places.add(Maker(Sender(sender.chain, sender.signer), kept).make(TOKEN, sender.address, 5))
    assert places == {created_at(sender.address, 0)}
    assert sender.chain.nonce(sender.address) == 1
    assert Maker(sender, kept).nonce_of(TOKEN) == 0


def test_signed_and_never_sent(sender: Sender, kept: MemoryCreations) -> None:
    """It is sent as it was signed."""
    made = signed(sender, TOKEN, sender.address, 5)
    kept.keep(made)
    Maker(Sender(sender.chain, sender.signer), kept).make(TOKEN, sender.address, 5)
    assert kept.find(TOKEN) == attrs.evolve(made, address=created_at(sender.address, 0))
    assert sender.chain.receipt(made.tx_hash) is not None


def test_made_with_other_arguments(sender: Sender, kept: MemoryCreations) -> None:
    """What is kept is not taken for something else."""
    Maker(sender, kept).make(TOKEN, sender.address, 5)
    with pytest.raises(ConfigError, match=r"created with other figures .* or restore it") as caught:
        Maker(sender, kept, anew="restore it").make(TOKEN, sender.address, 6)
    assert caught.value.__notes__ == [f"while deploying {TOKEN}"]


def test_a_place_that_is_taken(sender: Sender, kept: MemoryCreations) -> None:
    """A nonce that matters and is gone is told, with what to do, before anything is sent."""
    maker = Maker(sender, kept, anew="begin again")
    with pytest.raises(ConfigError, match=f"with nonce 3 of {sender.address}.*begin again"):
        maker.make(TOKEN, sender.address, 5, nonce=3)
    maker.make(TOKEN, sender.address, 5, nonce=0)
    with pytest.raises(ConfigError, match="with nonce 1 of"):
        maker.make(TOKEN, sender.address, 5, nonce=1)
    assert sender.chain.nonce(sender.address) == 1


def test_a_nonce_that_moves_while_signing(
    sender: Sender, kept: MemoryCreations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noticed after signing, and still before anything is sent."""
    monkeypatch.setattr(sender, "_free_nonce", lambda _: 1)
    with pytest.raises(ConfigError, match="with nonce 0 of"):
        Maker(sender, kept).make(TOKEN, sender.address, 5, nonce=0)
    assert (kept.find(TOKEN), sender.chain.nonce(sender.address)) == (None, 0)


def test_replaced_by_another_transaction(sender: Sender, kept: MemoryCreations) -> None:
    """What can never be mined is forgotten, and made with the next nonce."""
    kept.keep(signed(sender, TOKEN, sender.address, 5))
    sender.send(Call(to=sender.address))
    again = Maker(Sender(sender.chain, sender.signer), kept)
    assert again.make(TOKEN, sender.address, 5) == created_at(sender.address, 1)


def test_replaced_by_another_creation(sender: Sender, kept: MemoryCreations) -> None:
    """A contract in that place may be the same one, under a hash nobody kept: nothing is made beside it."""
    kept.keep(signed(sender, TOKEN, sender.address, 5))
    sender.send(creation(TOKEN, sender.address, 6))
    with pytest.raises(TransactionReplaced):
        Maker(Sender(sender.chain, sender.signer), kept).make(TOKEN, sender.address, 5)


def test_refused_for_good(sender: Sender, kept: MemoryCreations, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed anew with the same nonce; where the endpoint knows another of that nonce, told instead."""

    def refuse(*_: object) -> None:
        raise RpcRefused("eth_sendRawTransaction", -32_000, "transaction underpriced")

    made = signed(sender, TOKEN, sender.address, 5)
    kept.keep(made)
    monkeypatch.setattr(sender, "resend", refuse)
    assert Maker(sender, kept).make(TOKEN, sender.address, 5) == created_at(sender.address, 0)
    kept.keep(attrs.evolve(made, tx_hash=Digest(bytes(32))))
    with pytest.raises(RpcRefused):
        Maker(sender, kept).make(TOKEN, sender.address, 5)


def test_reverted_in_its_block(sender: Sender, kept: MemoryCreations) -> None:
    """Forgotten, so that trying again makes it."""
    call, price = creation(TOKEN, sender.address, 5), Price(maximum=10**10)
    poor = Transaction(chain_id=sender.chain.chain_id, nonce=0, call=call, gas=300_000, price=price)
    raw = poor.signed(sender.signer).raw
    kept.keep(Creation(name=TOKEN, nonce=0, tx_hash=sender.resend(0, raw), raw=raw))
    with pytest.raises(ChainError, match="ChainBoyToken reverted after a dry run"):
        Maker(sender, kept).make(TOKEN, sender.address, 5)
    assert Maker(sender, kept).make(TOKEN, sender.address, 5) == created_at(sender.address, 1)


def test_an_endpoint_that_puts_it_elsewhere(
    sender: Sender, kept: MemoryCreations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place of a contract follows from key and nonce; whoever says another is not believed."""
    monkeypatch.setattr(making, "created_at", lambda *_: ZERO_ADDRESS)
    with pytest.raises(ChainError, match="where it cannot be"):
        Maker(sender, kept).make(TOKEN, sender.address, 5)


def test_code_that_is_not_ours(sender: Sender, kept: MemoryCreations) -> None:
    """No code, or that of another contract, is not taken for it."""
    place = Maker(sender, kept).make(TOKEN, sender.address, 5)
    check_code(sender.chain, TOKEN, place)
    with pytest.raises(VersionMismatch, match="is not this package's TaskGateway"):
        check_code(sender.chain, "TaskGateway", place)
    with pytest.raises(VersionMismatch, match="there is no ChainBoyToken at"):
        check_code(sender.chain, TOKEN, ZERO_ADDRESS)


@pytest.mark.parametrize("name", DEPLOYABLE)
def test_nothing_but_immutables_may_differ(name: str) -> None:
    """Every word of zeros in the code is a constructor's to fill in; any other byte is the compiler's."""
    artifact = load(name)
    code = artifact.bytecode[-artifact.deployed_size :]
    places = list(immutables(code))
    assert len(places) == code.count(bytes(32))
    filled = bytearray(code)
    for place in places:
        filled[place : place + 32] = b"\xff" * 32
    assert is_code_of(name, bytes(filled))
    assert not is_code_of(name, bytes(filled[:-1]))
    filled[0] ^= 1
    assert not is_code_of(name, bytes(filled))
