"""The chain and its sender on py-evm, from many threads at once."""

from __future__ import annotations

import threading

import pytest

from chainboy.chain import Call, Chain, ChainProfile, KeySigner, Sender
from chainboy.contracts.deployment import creation
from chainboy.contracts.token import Token, Transfer
from chainboy.errors import ChainError, ContractRefused, InsufficientFunds
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Wei

pytestmark = pytest.mark.chain


@pytest.fixture
def sender() -> Sender:
    """An account with coins on a chain of its own."""
    backend = EmbeddedChain()
    return Sender(Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id)), KeySigner(FAUCET_KEY))


@pytest.fixture
def token(sender: Sender) -> Token:
    """A token whose supply the sender holds."""
    contract = sender.send(creation("ChainBoyToken", sender.address, 1_000)).contract
    assert contract is not None
    return Token(sender.chain, contract)


def test_a_transfer_is_mined_and_logged(sender: Sender, token: Token) -> None:
    """Receipt, log and state agree."""
    receipt = sender.send(token.transfer(token.address, 300))
    (event,) = token.events(receipt.logs, Transfer)
    assert (event.value, event.to, event.from_) == (300, token.address, sender.address)
    assert token.balance_of(token.address) == 300
    logs = sender.chain.logs([token.address], [Token.topic(Transfer)], 0, receipt.block_number)
    assert logs[-1:] == list(receipt.logs)
    assert sender.chain.block(receipt.block_number).hash == receipt.block_hash
    assert sender.chain.receipt(receipt.tx_hash) == receipt
    assert sender.chain.code(token.address)


def test_a_refusal_changes_nothing(sender: Sender, token: Token) -> None:
    """Neither coins nor nonce nor a block are spent on a call that would revert."""
    before = sender.chain.balance(sender.address), sender.chain.head(), sender.chain.nonce(sender.address)
    with pytest.raises(ContractRefused, match=r"ERC20InsufficientBalance .* get 1001 tokens first") as caught:
        sender.send(token.transfer(token.address, 1_001))
    assert caught.value.arguments == (sender.address, 1_000, 1_001)
    assert before == (
        sender.chain.balance(sender.address),
        sender.chain.head(),
        sender.chain.nonce(sender.address),
    )


def test_an_empty_account_is_told(sender: Sender, token: Token) -> None:
    """No coins: the account and the chain are named."""
    poor = Sender(sender.chain, KeySigner.random())
    with pytest.raises(InsufficientFunds, match=f"{poor.address} cannot pay"):
        poor.send(token.approve(token.address, 1))


def test_blocks_that_are_not_there(sender: Sender) -> None:
    """Beyond the head: an error that says to try again, for blocks and for logs."""
    with pytest.raises(ChainError, match="try again later"):
        sender.chain.block(99)
    with pytest.raises(ChainError):
        sender.chain.logs([sender.address], [], 0, 99)
    assert sender.chain.receipt(bytes(32)) is None


def test_a_mined_transaction_can_be_resent(sender: Sender, token: Token) -> None:
    """py-evm refuses the old nonce; that is what idempotent means."""
    signed: list[tuple[int, bytes]] = []
    receipt = sender.send(
        token.transfer(token.address, 1), on_signed=lambda nonce, _, raw: signed.append((nonce, raw))
    )
    assert sender.resend(*signed[0]) == receipt.tx_hash
    assert sender.wait(receipt.tx_hash) == receipt
    assert token.balance_of(token.address) == 1


def test_threads_share_a_backend_that_cannot_stand_it(sender: Sender, token: Token) -> None:
    """Senders and readers of one chain, all at once: everything arrives, nothing is torn."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                sender.send(token.transfer(token.address, 1))
                assert token.total_supply() == 1_000
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert token.balance_of(token.address) == 30
    assert sender.chain.nonce(sender.address) == 31


def test_plain_coins_can_be_sent(sender: Sender) -> None:
    """A call without data is a payment."""
    to = KeySigner.random().address
    sender.send(Call(to=to, value=Wei(5)))
    assert sender.chain.balance(to) == 5
