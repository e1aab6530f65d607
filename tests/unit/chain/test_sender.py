"""Sending over a mempool that is slow, forgetful, deaf or poor: no nonce twice, no gap, nothing lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
from eth_hash.auto import keccak

from chainboy.chain import Call, KeySigner, Sender
from chainboy.consensus.fields import to_address
from chainboy.errors import (
    ChainError,
    ContractRefused,
    InsufficientFunds,
    JournalError,
    TransactionPending,
    TransactionReplaced,
)
from chainboy.testing.fake_node import CHAIN_ID, Mempool, Refusal, chain_over, decoded
from chainboy.units import Digest

SIGNER = KeySigner(keccak(b"sender"))
CALL = Call(to=to_address(b"\x11" * 20), data=b"\x01")


def sender_over(node: Mempool) -> Sender:
    """A sender that gives up at once."""
    return Sender(chain_over(node), SIGNER, timeout=0)


def refuse_once(node: Mempool, failure: Exception) -> None:
    """Let the next broadcast fail before the mempool has it."""

    def fail(_: bytes) -> None:
        node.before_taking = lambda _: None
        raise failure

    node.before_taking = fail


def test_prices_as_the_chain_does() -> None:
    """EIP-1559 where the newest block has a base fee, else legacy; a fifth of gas in reserve."""
    modern, old = Mempool(base_fee=100), Mempool()
    sender_over(modern).submit(CALL)
    sender_over(old).submit(CALL)
    fields = decoded(modern.pool[0])
    assert (fields["maximum"], fields["priority"], fields["gas"]) == (203, 3, 25_200)
    assert fields["chain_id"] == CHAIN_ID
    assert decoded(old.pool[0])["price"] == 7


def test_the_reserve_ends_at_the_block() -> None:
    """A transaction never asks for more gas than a block has, unless it needs it."""
    node = Mempool()
    node.answers["eth_estimateGas"] = hex(29_000_000)
    sender_over(node).submit(CALL)
    assert decoded(node.pool[0])["gas"] == 30_000_000


def test_the_journal_knows_before_the_chain() -> None:
    """``on_signed`` gets nonce, hash and bytes while the mempool is still empty."""
    node = Mempool()
    told: list[tuple[int, bytes, bytes]] = []

    def on_signed(nonce: int, tx_hash: Digest, raw: bytes) -> None:
        assert not node.pool
        told.append((nonce, tx_hash, raw))

    tx_hash = sender_over(node).submit(CALL, on_signed=on_signed)
    assert told == [(0, keccak(node.pool[0]), node.pool[0])]
    assert tx_hash == told[0][1]


def test_what_the_journal_cannot_take_is_not_sent() -> None:
    """A full disk stops the transaction, and its nonce goes to the next one."""
    node = Mempool()
    sender = sender_over(node)

    def full(*_: Any) -> None:
        raise JournalError("the disk is full")

    with pytest.raises(JournalError):
        sender.submit(CALL, on_signed=full)
    assert not node.pool
    sender.submit(CALL)
    assert list(node.pool) == [0]


def test_a_refusal_costs_nothing() -> None:
    """A call that would revert is not signed, not sent, and takes no nonce."""
    node = Mempool()

    def refused(*_: Any) -> Any:
        raise Refusal("execution reverted", 3, "0x01")

    node.answers["eth_estimateGas"] = refused
    with pytest.raises(ContractRefused, match="0x01"):
        sender_over(node).send(CALL, on_signed=lambda *_: pytest.fail("signed"))
    assert node.count("eth_sendRawTransaction") == 0


def test_a_lost_broadcast_is_repeated_before_the_next() -> None:
    """What was signed keeps its nonce; the next transaction brings it along, byte for byte."""
    node = Mempool()
    sender = sender_over(node)
    signed: list[bytes] = []
    refuse_once(node, requests.ConnectionError("down"))
    with pytest.raises(ChainError):
        sender.submit(CALL, on_signed=lambda *told: signed.append(told[2]))
    sender.submit(CALL)
    assert sorted(node.pool) == [0, 1]
    assert node.pool[0] == signed[0]


def test_a_broadcast_whose_answer_was_lost_is_not_sent_anew() -> None:
    """The mempool has it though the answer never came: no second transaction takes its nonce."""
    node = Mempool()
    take = node.answers["eth_sendRawTransaction"]

    def deaf(raw: str) -> str:
        take(raw)
        node.answers["eth_sendRawTransaction"] = take
        raise requests.Timeout("the answer was lost")

    node.answers["eth_sendRawTransaction"] = deaf
    sender = sender_over(node)
    with pytest.raises(ChainError):
        sender.submit(CALL)
    sender.submit(CALL)
    assert sorted(node.pool) == [0, 1]


def test_a_pool_that_knows_it_before() -> None:
    """An endpoint behind several machines may have heard of it from itself: it is sent."""
    node = Mempool()
    take = node.answers["eth_sendRawTransaction"]

    def twice(raw: str) -> Any:
        take(raw)
        return take(raw)

    node.answers["eth_sendRawTransaction"] = twice
    sender = sender_over(node)
    tx_hash = sender.submit(CALL)
    node.mine()
    assert sender.wait(tx_hash).status


def test_a_forgetful_mempool_gets_it_again() -> None:
    """An evicted transaction leaves no gap: it is broadcast again before the next."""
    node = Mempool()
    sender = sender_over(node)
    sender.submit(CALL)
    evicted = dict(node.pool)
    node.pool.clear()
    sender.submit(CALL)
    assert node.pool[0] == evicted[0]
    assert sorted(node.pool) == [0, 1]


def test_a_definite_refusal_frees_the_nonce() -> None:
    """The endpoint said no: the next transaction may have the number."""
    node = Mempool()
    sender = sender_over(node)
    refuse_once(node, Refusal("transaction underpriced"))
    with pytest.raises(ChainError, match="underpriced"):
        sender.submit(CALL)
    sender.submit(CALL)
    assert list(node.pool) == [0]


def test_a_refused_rebroadcast_keeps_its_place() -> None:
    """Later transactions wait for this nonce, so it is not given up."""
    node = Mempool()
    sender = sender_over(node)
    sender.submit(CALL)
    sender.submit(CALL)
    first = node.pool.pop(0)
    refuse_once(node, Refusal("transaction underpriced"))
    with pytest.raises(ChainError, match="underpriced"):
        sender.submit(CALL)
    sender.submit(CALL)
    assert node.pool[0] == first
    assert sorted(node.pool) == [0, 1, 2]


@pytest.mark.parametrize("where", ["eth_estimateGas", "eth_sendRawTransaction"])
def test_a_poor_account_is_told_to_get_coins(where: str) -> None:
    """Wherever the endpoint notices it."""
    node = Mempool()

    def poor(*_: Any) -> Any:
        raise Refusal("insufficient funds for gas * price + value")

    node.answers[where] = poor
    with pytest.raises(InsufficientFunds, match=f"{SIGNER.address} cannot pay"):
        sender_over(node).submit(CALL)


def test_resending_is_harmless_at_any_time() -> None:
    """Before, while and after the chain has it; the nonce after it is the next."""
    node = Mempool()
    told: list[tuple[int, bytes]] = []
    sender_over(node).submit(CALL, on_signed=lambda nonce, _, raw: told.append((nonce, raw)))
    node.pool.clear()
    restarted = sender_over(node)
    hashes = {restarted.resend(*told[0]), restarted.resend(*told[0])}
    node.mine()
    hashes.add(restarted.resend(*told[0]))
    assert hashes == {keccak(told[0][1])}
    assert restarted.wait(hashes.pop()).status
    restarted.submit(CALL)
    assert list(node.pool) == [1]


def test_what_was_journalled_but_never_sent_keeps_its_nonce() -> None:
    """After a crash between signing and sending, the resent transaction's nonce is not given away."""
    node = Mempool()
    told: list[tuple[int, bytes]] = []
    crashed = Mempool()
    sender_over(crashed).submit(CALL, on_signed=lambda nonce, _, raw: told.append((nonce, raw)))
    restarted = sender_over(node)
    refuse_once(node, requests.ConnectionError("down"))
    with pytest.raises(ChainError):
        restarted.resend(*told[0])
    restarted.submit(CALL)
    assert node.pool[0] == told[0][1]
    assert sorted(node.pool) == [0, 1]


def test_waiting_ends_with_the_hash_in_hand() -> None:
    """In no block in time: the error carries the hash, and waiting again finds the receipt."""
    node = Mempool()
    sender = sender_over(node)
    with pytest.raises(TransactionPending) as caught:
        sender.send(CALL)
    node.mine()
    receipt = sender.wait(Digest(caught.value.tx_hash))
    assert (receipt.status, receipt.gas_used) == (True, 21_000)


def test_waiting_polls_until_the_block_comes() -> None:
    """The receipt of a transaction that is mined while waiting."""
    node = Mempool()
    sender = Sender(chain_over(node), SIGNER, timeout=30)
    tx_hash = sender.submit(CALL)
    threading.Timer(0.05, node.mine).start()
    assert sender.wait(tx_hash).tx_hash == tx_hash


def test_a_receipt_between_two_questions_is_found() -> None:
    """Mined after the receipt was asked for and before the nonce was: not taken for stolen."""
    node = Mempool()
    sender = sender_over(node)
    tx_hash = sender.submit(CALL)
    count = node.answers["eth_getTransactionCount"]

    def mine_first(*params: str) -> str:
        node.mine()
        return str(count(*params))

    node.answers["eth_getTransactionCount"] = mine_first
    assert sender.wait(tx_hash).status


def test_a_stolen_nonce_is_noticed() -> None:
    """Another program with the same key took the nonce: waiting ends with the reason."""
    node = Mempool()
    sender = sender_over(node)
    tx_hash = sender.submit(CALL)
    node.pool[0] = b"\x02another transaction"
    node.mine()
    with pytest.raises(TransactionReplaced, match="took nonce 0") as caught:
        sender.wait(tx_hash)
    assert caught.value.tx_hash == tx_hash


def test_a_revert_in_the_block_is_a_refusal() -> None:
    """The chain changed after the dry run: asked of the block, the contract says why, or nobody knows."""
    node = Mempool()
    node.status = 0
    take = node.answers["eth_sendRawTransaction"]

    def mine_at_once(raw: str) -> Any:
        answer = take(raw)
        node.mine()
        return answer

    node.answers["eth_sendRawTransaction"] = mine_at_once
    node.answers["eth_call"] = "0x"
    with pytest.raises(ContractRefused, match="reverted though it had passed its dry run"):
        sender_over(node).send(CALL)

    node.answers["eth_call"] = None
    with pytest.raises(ContractRefused, match="reverted though it had passed its dry run"):
        sender_over(node).send(CALL)

    def explained(*_: Any) -> Any:
        raise Refusal("execution reverted", 3, "0xdeadbeef")

    node.answers["eth_call"] = explained
    with pytest.raises(ContractRefused, match="0xdeadbeef"):
        sender_over(node).send(CALL)


def test_many_threads_share_one_sender() -> None:
    """Every transaction has a nonce of its own, without gaps."""
    node = Mempool()
    sender = sender_over(node)
    threads = [threading.Thread(target=sender.submit, args=(CALL,)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(node.pool) == list(range(24))


def test_what_nobody_waits_for_is_forgotten_once_mined() -> None:
    """Memory does not grow with the number of transactions."""
    node = Mempool()
    sender = sender_over(node)
    for _ in range(200):
        sender.submit(CALL)
        node.mine()
    assert len(sender._held) < 100
