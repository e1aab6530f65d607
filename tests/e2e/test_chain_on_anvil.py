"""The chain and its sender over HTTP against a real client: anvil, old rules and new."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from chainboy.chain import ChainProfile, KeySigner, Sender, connect
from chainboy.contracts.deployment import creation, deploy
from chainboy.contracts.profile import Profile
from chainboy.contracts.token import Token, Transfer
from chainboy.errors import ContractRefused, InsufficientFunds
from chainboy.events import PollingSource
from chainboy.testing.backends import FAUCET_KEY, AnvilChain
from chainboy.testing.event_conformance import drain

pytestmark = pytest.mark.anvil


@pytest.fixture(params=["istanbul", "london", "cancun"], scope="module")
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    """An account with coins, by the rules of this fork."""
    with AnvilChain(hardfork=request.param) as backend:
        yield Sender(connect(backend.url, ChainProfile.local(31_337)), KeySigner(FAUCET_KEY))


def test_a_network_is_deployed(sender: Sender) -> None:
    """Every contract fits the rules, and the handshake passes."""
    profile = Profile.local(genesis_time=sender.chain.head().timestamp)
    deploy(sender, profile, treasurer=sender.address).check(sender.chain)


def test_fees_follow_the_fork(sender: Sender, request: pytest.FixtureRequest) -> None:
    """Legacy before London, EIP-1559 from there on."""
    legacy = request.node.callspec.params["sender"] == "istanbul"
    assert (sender.chain.fees().priority is None) is legacy


def test_refusals_reach_us_over_http(sender: Sender) -> None:
    """Custom errors with their arguments; an empty account is told."""
    contract = sender.send(creation("ChainBoyToken", sender.address, 10)).contract
    assert contract is not None
    token = Token(sender.chain, contract)
    with pytest.raises(ContractRefused) as caught:
        sender.send(token.transfer(contract, 11))
    assert (caught.value.name, caught.value.arguments) == (
        "ERC20InsufficientBalance",
        (sender.address, 10, 11),
    )
    with pytest.raises((InsufficientFunds, ContractRefused)):
        Sender(sender.chain, KeySigner.random()).send(token.approve(contract, 1))


def test_many_threads_send_and_a_source_reads_all(sender: Sender) -> None:
    """No nonce twice, no gap, and every transfer becomes an event, once."""
    contract = sender.send(creation("ChainBoyToken", sender.address, 10_000)).contract
    assert contract is not None
    token = Token(sender.chain, contract)
    began = sender.chain.nonce(sender.address)
    values = range(40)

    def work(part: range) -> None:
        for value in part:
            sender.send(token.transfer(contract, value))

    threads = [threading.Thread(target=work, args=(values[index::4],)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sender.chain.nonce(sender.address) == began + len(values)
    source = PollingSource(
        sender.chain, addresses=[contract], topics=[Token.topic(Transfer)], confirmations=0, max_chunk=7
    )
    transfers = token.events(drain(source), Transfer)[1:]
    assert sorted(transfer.value for transfer in transfers) == list(values)
