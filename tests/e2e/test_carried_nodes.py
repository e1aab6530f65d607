"""Nodes without coins: a relay carries what they sign, over HTTP, and many share a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import attrs
import pytest
import requests

from chainboy import program
from chainboy.abi import uint256
from chainboy.chain.sender import Sender
from chainboy.contracts.hub import Attestation
from chainboy.contracts.letters import AttestationLetter, Letter, read_letter
from chainboy.errors import ChainError, ConfigError, InputError
from chainboy.node.carried import post_to
from chainboy.node.runner import Node
from chainboy.relay import Destination, Relay, RelayPolicy
from chainboy.relay.counter import Counter
from chainboy.testing import LocalNetwork

POOR = (0, 1)
"""The nodes that have no coins to speak of: they never send anything themselves."""


@program
def sum_of_squares(n: uint256) -> uint256:
    """The documented first program."""
    return sum(i * i for i in range(n))


class Post:
    """Hands letters to the counter, once it is open; remembers them."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.letters: list[Letter] = []

    def __call__(self, letter: Letter) -> None:
        """Hand one in."""
        if self.url is None:
            raise ChainError("the relay is not open yet; try again")
        self.letters.append(letter)
        post_to(self.url)(letter)


@attrs.frozen
class Office:
    """A network whose poor nodes are carried, and the post to the counter."""

    network: LocalNetwork
    post: Post
    counter: Counter


@pytest.fixture
def office() -> Iterator[Office]:
    """A home chain and a remote one; one node of three has coins."""
    post = Post()
    factories = {index: partial(Node.compose, carrier=post) for index in POOR}
    with LocalNetwork([400, 300, 200], remotes=1, factories=factories) as network:
        (remote,) = network.remotes
        signer = network.signer("carrier")
        with network.paused():
            network.fund(signer.address)
            network.fund(signer.address, remote.chain)
            relay = Relay(
                Sender(network.chain, signer),
                network.deployment,
                [Destination(remote.gateway, Sender(remote.chain, signer), remote.verifier)],
                policy=RelayPolicy(unpaid=True),
                carried=frozenset(network.nodes[index].signer.address for index in POOR),
            )
            network.relay = relay
        with Counter(relay.desk, "127.0.0.1", 0) as counter:
            post.url = counter.url
            yield Office(network, post, counter)


def test_nodes_without_coins_answer(office: Office) -> None:
    """They commit, reveal and attest without sending anything, for a task of either chain."""
    network = office.network
    (remote,) = network.remotes
    for client in (network.client(), network.client(on=remote)):
        task = client.submit(sum_of_squares, n=1000, price=10**16)
        result = task.result(timeout=120)
        assert (result.value, result.agreeing_weight) == (332_833_500, 900)
    assert task.result(timeout=120, delivered=True).carriage is not None
    for index in POOR:
        address = network.nodes[index].signer.address
        assert network.chain.nonce(address) == remote.chain.nonce(address) == 0
    kinds = {type(letter).__name__ for letter in office.post.letters}
    assert kinds == {"CommitLetter", "RevealLetter", "AttestationLetter"}


def test_what_the_counter_refuses(office: Office) -> None:
    """Strangers, forgeries and garbage, each in one sentence; what it takes it reads as it was written."""
    url, network = office.counter.url, office.network
    stranger = network.signer("stranger")
    foreign = AttestationLetter(
        number=1, entry=Attestation(node=stranger.address, signature=stranger.sign(b"x"))
    )
    with pytest.raises(ChainError, match="nothing is carried for"):
        post_to(url)(foreign)
    task = network.client().submit(sum_of_squares, n=5, price=10**16)
    task.result(timeout=120)
    (commit, *_) = [letter for letter in office.post.letters if "Commit" in type(letter).__name__]
    assert read_letter(commit.to_json().encode()) == commit
    other = attrs.evolve(commit, entry=attrs.evolve(commit.entry, attempt=commit.entry.attempt + 1))  # type: ignore[call-arg]
    with pytest.raises(ChainError, match="not signed by its node"):
        post_to(url)(other)
    for body in (b"", b"null", b"{}", b'{"kind": "commit"}', b"\xff" * 40, b"x" * 20_000):
        answer = requests.post(url, data=body, timeout=10)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error"}
    assert network.relay is not None
    with pytest.raises(InputError, match="nothing is carried"):
        network.relay.desk.hand_in(foreign)


def test_a_port_that_is_taken(office: Office) -> None:
    """One sentence; a relay that is gone is told to the node, which tries again."""
    assert office.network.relay is not None
    host, port = office.counter.url.removeprefix("http://").rstrip("/").split(":")
    with pytest.raises(ConfigError, match="choose another"):
        Counter(office.network.relay.desk, host, int(port))
    node = office.network.nodes[0].signer
    letter = AttestationLetter(number=1, entry=Attestation(node=node.address, signature=bytes(65)))
    with pytest.raises(ChainError, match="cannot be reached"):
        post_to("http://127.0.0.1:9/")(letter)
