"""A network in use: contracts on a chain of their own, nodes in an epoch that counts, tasks behind them.

Keys, amounts and the clock are fixed, so every byte of every transaction is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import attrs
from accounts import Account, key_of

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.decode import Receipt
from chainboy.chain.profile import ChainProfile
from chainboy.chain.signer import KeySigner
from chainboy.consensus.signing import register_message
from chainboy.contracts.deployment import TOKEN_SUPPLY, creation, deploy
from chainboy.contracts.profile import Profile
from chainboy.testing.backends import FAUCET_KEY, AnvilChain, Backend, EmbeddedChain
from chainboy.units import Address, Timestamp, Wei, Weight

CHAIN_ID = 131_277_322_940_537
"""That of the embedded chain; with the same one on anvil all hashes, and so all bytes sent, are the same."""

GENESIS = Timestamp(2_000_000_000)
"""Where the clock of every stage is set before anything is deployed."""

DEPLOYED = ("ChainBoyToken", "NodeRegistry", "ConsensusHub", "HubVerifier", "TaskGateway")
"""What a network consists of, in the order in which it is deployed."""

FUNDS = Wei(10**21)
TOKEN = 10**18


@attrs.frozen(kw_only=True)
class Voter:
    """A node: its key, and what the registry knows of it."""

    signer: KeySigner
    payout: Address
    weight: Weight

    @property
    def address(self) -> Address:
        """The node's address."""
        return self.signer.address


def backend_maker(name: str, hardfork: str) -> Callable[[], Backend]:
    """Makes chains of this kind, each with a clock that moves by one second a block."""

    def anvil() -> Backend:
        chain = AnvilChain(hardfork=hardfork, chain_id=CHAIN_ID)
        chain.web3.provider.make_request("anvil_setBlockTimestampInterval", [1])  # type: ignore[arg-type]
        return chain

    return EmbeddedChain if name == "embedded" else anvil


class Stage:
    """``nodes`` nodes of about 10,000 tokens each; use it as a context manager."""

    def __init__(self, backend: Backend, *, nodes: int) -> None:
        self.backend = backend
        self.chain = Chain(backend.web3, ChainProfile.local(CHAIN_ID))
        self.faucet = Account(self.chain, KeySigner(FAUCET_KEY))
        backend.travel(GENESIS)
        self.deployment = deploy(
            self.faucet, Profile.local(genesis_time=GENESIS), treasurer=self.faucet.address
        )
        self.creations = dict(zip(DEPLOYED, self.faucet.receipts, strict=True))
        self.hub = self.deployment.hub_on(self.chain)
        self.gateway = self.deployment.gateway_on(self.chain)
        self.registry = self.deployment.registry_on(self.chain)
        self.requester = self.account("requester")
        self.relayer = self.account("relayer")
        self.keeper = Address("")
        self.joining: dict[str, Receipt] = {}
        self.voters = self._enrol(nodes)
        self.next_epoch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.backend.close()

    def account(self, name: str) -> Account:
        """An account with coins, the same for the same name."""
        return self.fund(key_of(name))

    def fund(self, signer: KeySigner) -> Account:
        """The account of this key, with coins."""
        self.faucet.send(Call(to=signer.address, value=FUNDS))
        return Account(self.chain, signer)

    def create(self, name: str, *arguments: Any) -> Address:
        """Put a contract on the chain and keep its receipt."""
        receipt = self.creations[name] = self.faucet.send(creation(name, *arguments))
        return Address(receipt.contract or "")

    def next_epoch(self) -> None:
        """Move the clock to the start of the next epoch."""
        profile = self.registry.profile()
        epoch = self.registry.current_epoch() + 1
        self.backend.travel(Timestamp(profile.genesis_time + epoch * profile.epoch_length))

    @contextmanager
    def afterwards_as_before(self) -> Iterator[None]:
        """Take back all that happens inside, so that cases do not pay for one another."""
        state = self.chain.rpc.once("evm_snapshot")
        yield
        self.chain.rpc.once("evm_revert", state)

    def _enrol(self, nodes: int) -> Sequence[Voter]:
        """Nodes that one owner bonds; the receipts of the last one's steps are kept."""
        owner, token = self.faucet, self.deployment.token_on(self.chain)
        owner.send(token.approve(self.registry.address, TOKEN_SUPPLY))
        voters = []
        for index in range(nodes):
            signer, payout = key_of(f"node {index}"), key_of(f"payout {index}").address
            weight = Weight((10_000 + index) * TOKEN)
            consent = register_message(self.deployment.domain, signer.address, owner.address, payout)
            steps = {
                "register": self.registry.register(signer.address, payout, signer.sign(consent)),
                "bond": self.registry.bond(signer.address, weight),
                "enter": self.registry.enter(signer.address),
            }
            self.joining = {step: owner.send(call) for step, call in steps.items()}
            voters.append(Voter(signer=signer, payout=payout, weight=weight))
        return tuple(voters)
