"""What an embedded chain remembers is what eth-tester would have said, however the chain was taken back."""

from __future__ import annotations

from typing import Any

import pytest
from web3.providers.eth_tester.defaults import API_ENDPOINTS

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.chain.client import Chain as Client
from chainboy.contracts.deployment import creation
from chainboy.contracts.token import Approval, Token, Transfer
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain

pytestmark = pytest.mark.chain


@pytest.fixture
def backend() -> EmbeddedChain:
    """A chain of its own."""
    return EmbeddedChain()


@pytest.fixture
def token(backend: EmbeddedChain) -> Token:
    """A token on it."""
    chain = Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id))
    sender = Sender(chain, KeySigner(FAUCET_KEY))
    contract = sender.send(creation("ChainBoyToken", sender.address, 1_000)).contract
    assert contract is not None
    return Token(chain, contract)


def plainly(backend: EmbeddedChain) -> Client:
    """The same chain, asked as eth-tester does it."""
    from web3 import EthereumTesterProvider, Web3  # noqa: PLC0415 - heavy

    web3 = Web3(EthereumTesterProvider(backend._tester, api_endpoints=API_ENDPOINTS))
    return Chain(web3, ChainProfile.local(backend.web3.eth.chain_id))


def test_logs_are_those_of_eth_tester(backend: EmbeddedChain, token: Token) -> None:
    """Of every range and filter, and of blocks that came after the first question."""
    sender, slow = Sender(token.chain, KeySigner(FAUCET_KEY)), plainly(backend)
    filters: list[Any] = [[], [Token.topic(Transfer)], [[Token.topic(Transfer), Token.topic(Approval)]]]
    filters += [[None, None, bytes(12) + bytes.fromhex(token.address[2:])], [bytes(32)], [[]], [None] * 4]
    for amount in (1, 2):
        sender.send(token.transfer(token.address, amount))
        sender.send(token.approve(token.address, amount))
        backend.mine(2)
        head = token.chain.head().number
        for topics in filters:
            for first, last in ((0, head), (head - 3, head - 2), (1, 1), (head, head)):
                wanted = [token.address], topics, first, last
                assert token.chain.logs(*wanted) == slow.logs(*wanted)
    assert len(token.chain.logs([token.address], [], 0, head)) == 5


def test_what_was_taken_back_is_forgotten(backend: EmbeddedChain, token: Token) -> None:
    """Logs, headers and calls at a number are those of the block that has it now."""
    sender, chain = Sender(token.chain, KeySigner(FAUCET_KEY)), token.chain
    snapshot = backend._tester.take_snapshot()
    seen = []
    for amount in (300, 400):
        number = sender.send(token.transfer(token.address, amount)).block_number
        (log,) = chain.logs([token.address], [Token.topic(Transfer)], number, number)
        assert int.from_bytes(log.data) == amount
        assert token.at(number).balance_of(token.address) == amount
        assert chain.head() == chain.block(number)
        assert chain.head().hash == log.block_hash
        seen.append((number, log.block_hash))
        backend._tester.revert_to_snapshot(snapshot)
        sender = Sender(chain, KeySigner(FAUCET_KEY))
        assert chain.logs([token.address], [Token.topic(Transfer)], number - 1, number - 1) != [log]
        assert chain.head().number == number - 1
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] != seen[1][1]
