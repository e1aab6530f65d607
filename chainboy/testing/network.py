"""A whole network in one object: a chain, the contracts on it, and nodes that answer."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.checkpoints.ledger import Ledger
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.content.directory import DirectoryStore
from chainboy.contracts.deployment import Deployment, deploy
from chainboy.contracts.profile import Profile
from chainboy.errors import ChainBoyError, ConfigError, TaskPending
from chainboy.node.joining import Joining
from chainboy.node.outpost import Outpost
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.relay import Destination, Relay, RelayPolicy
from chainboy.testing.backends import FAUCET_KEY, Backend, EmbeddedChain
from chainboy.testing.remote import LocalRemote
from chainboy.units import Address, TaskId, Timestamp, Wei

if TYPE_CHECKING:
    from chainboy.chain.signer import Signer
    from chainboy.content.store import ContentStore
    from chainboy.sandbox.protocol import Sandbox
    from chainboy.sources.reading import SourceReader
    from chainboy.sources.transcript import Transcript
    from chainboy.tasks.client import TaskClient

NodeFactory = Callable[..., Node]
"""Makes a node from the keywords of :meth:`chainboy.node.runner.Node.compose`."""

_log = logging.getLogger(__name__)

REMOTE_CHAIN_ID = 31_400
"""The first embedded remote chain's id; the others follow."""

ALLOWANCE = Wei(10**21)
"""What the faucet gives to each key of the network."""

PAUSE = 0.005
"""Seconds between two rounds of work; twice as long after each round in which nothing happened."""

LONGEST_PAUSE = 0.04

MOST_QUIET = 3
"""After so many rounds in which nothing happened, pauses and the blocks mined at once grow no more."""

KEEN = Policy(delivery=Delivery.ALWAYS)
"""Nodes of a local network deliver every record, paid or not, so that results come by themselves."""


class LocalNode:
    """One node of a local network: stopped and started at will, its journal kept in between."""

    def __init__(self, name: str, make: Callable[[], Node], signer: Signer, bond: int) -> None:
        self.name = name
        self.signer = signer
        self.bond = bond
        self._make = make
        self._node: Node | None = None

    @property
    def running(self) -> bool:
        """Whether the node takes part now."""
        return self._node is not None

    @property
    def busy(self) -> bool:
        """Whether the node computes now; the network's clock waits for it."""
        return self._node is not None and self._node.busy

    def start(self) -> None:
        """Make the node anew from its journal."""
        if self._node is None:
            self._node = self._make()

    def stop(self) -> None:
        """Drop the node at once, as if its process had ended; the journal stays."""
        node, self._node = self._node, None
        if node is not None:
            node.close()

    def readings(self, task_id: TaskId) -> list[Transcript]:
        """What the node's journal says that it read from the task's sources; nothing while it is stopped."""
        return [] if self._node is None else self._node.parts.journal.readings(task_id)

    def step(self) -> bool:
        """Let the node do what it has to do now; returns whether anything came of it."""
        return self._node is not None and self._node.step()


class LocalNetwork:
    """Contracts and ``len(bonds)`` nodes on a chain of their own; use it as a context manager.

    ``bonds`` are in the token's smallest unit, so they are the weights that results show. The chain's clock
    runs by itself, faster than a wall clock, and stands still while a node computes: no result depends on how
    fast this machine is. ``factories`` replaces the making of single nodes, by their index. ``remotes`` are
    chains beside the home chain on which tasks can be asked for, too, or how many embedded ones to make; a
    relay carries to them. ``sources`` reads what programs declare, for every node and client.
    """

    def __init__(
        self,
        bonds: Sequence[int],
        *,
        backend: Backend | None = None,
        remotes: int | Sequence[Backend] = 0,
        profile: Profile | None = None,
        content: ContentStore | None = None,
        sandbox: Sandbox | None = None,
        sources: SourceReader | None = None,
        factories: dict[int, NodeFactory] | None = None,
        directory: Path | None = None,
    ) -> None:
        if not bonds or min(bonds) <= 0:
            raise ConfigError("a network needs at least one bond, and every bond above zero")
        self._scratch = tempfile.TemporaryDirectory(prefix="chainboy-") if directory is None else None
        self.directory = Path(self._scratch.name if self._scratch else str(directory))
        self.backend: Backend = backend or EmbeddedChain()
        self._abroad: Sequence[Backend] = (
            [EmbeddedChain(chain_id=REMOTE_CHAIN_ID + i) for i in range(remotes)]
            if isinstance(remotes, int)
            else remotes
        )
        self.content: ContentStore = content or DirectoryStore(self.directory / "content")
        self._bonds = tuple(bonds)
        self._profile = profile
        self._sandbox = sandbox
        self._sources = sources
        self._factories = factories or {}
        self._stopping = threading.Event()
        self._driver = threading.Thread(target=self._drive, name="chainboy-network", daemon=True)
        self._turn = threading.RLock()
        self._failure: BaseException | None = None
        self.nodes: tuple[LocalNode, ...] = ()
        self.remotes: tuple[LocalRemote, ...] = ()
        self.relay: Relay | None = None

    chain: Chain
    deployment: Deployment

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Deploy, bond, wait for the first epoch in which the bonds count, and let the clock run."""
        self._sandbox = self._sandbox or _default_sandbox()
        web3 = self.backend.web3
        self.chain = Chain(web3, ChainProfile.local(web3.eth.chain_id))
        profile = self._profile or Profile.local(genesis_time=self.chain.head().timestamp)
        faucet = self._sender(FAUCET_KEY)
        self.deployment = deploy(faucet, profile, treasurer=faucet.address)
        self.nodes = tuple(self._join(index, bond) for index, bond in enumerate(self._bonds))
        self.next_epoch()
        if self._abroad:
            self._open_remotes(profile, faucet)
        for node in self.nodes:
            node.start()
        self._driver.start()

    def stop(self) -> None:
        """Stop nodes and clock, end the chain, and remove what was written unless a directory was given."""
        self._stopping.set()
        if self._driver.is_alive():
            self._driver.join()
        for node in self.nodes:
            node.stop()
        for backend in (self.backend, *self._abroad):
            backend.close()
        if self._scratch is not None:
            self._scratch.cleanup()
        if self._failure is not None:
            raise self._failure

    def client(self, name: str = "requester", *, on: LocalRemote | None = None) -> TaskClient:
        """A client with a funded account of its own; the same ``name`` is the same account.

        It asks on the home chain, or ``on`` a remote one.
        """
        from chainboy.tasks.client import TaskClient  # noqa: PLC0415 - loads web3

        signer = self.signer(name)
        with self._turn:
            self.fund(signer.address, on.chain if on else None)
        return TaskClient(
            self.chain,
            self.deployment,
            remote=(on.chain, on.deployment) if on else None,
            signer=signer,
            content=self.content,
            sandbox=self._sandbox,
            sources=self._sources,
        )

    def signer(self, name: str) -> Signer:
        """The key of that name in this network; made from the name alone, so worthless anywhere else."""
        return KeySigner(hashlib.sha256(b"chainboy local network: " + name.encode()).digest())

    def fund(self, address: str, chain: Chain | None = None) -> None:
        """Give ``address`` coins of ``chain`` (default: the home chain) unless it has plenty."""
        chain = chain or self.chain
        if chain.balance(Address(address)) < ALLOWANCE // 2:
            faucet = Sender(chain, KeySigner(FAUCET_KEY))
            faucet.send(Call(to=Address(address), data=b"", value=ALLOWANCE))

    def give_tokens(self, address: Address, amount: int) -> None:
        """Give ``address`` so many of the project's tokens, in their smallest unit."""
        token = self.deployment.token_on(self.chain)
        self._sender(FAUCET_KEY).send(token.transfer(address, amount))

    def advance(self, *, seconds: int) -> None:
        """Move the chains' clocks by at least ``seconds``, mining a block there."""
        with self._turn:
            self._travel(self.chain.head().timestamp + max(1, seconds))

    def next_epoch(self) -> None:
        """Move the chains' clocks to the start of the next epoch."""
        with self._turn:
            registry = self.deployment.registry_on(self.chain)
            profile = registry.profile()
            start = profile.genesis_time + (registry.current_epoch() + 1) * profile.epoch_length
            self._travel(start)

    def wait_until(self, condition: Callable[[], bool], *, timeout: float = 60.0) -> None:
        """Let the network run until ``condition`` holds; :class:`TaskPending` after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TaskPending(f"what was waited for did not happen within {timeout:g} s; wait longer")
            time.sleep(LONGEST_PAUSE)

    def paused(self) -> threading.RLock:
        """Hold this lock to keep clock and nodes still."""
        return self._turn

    def _join(self, index: int, bond: int) -> LocalNode:
        owner, signer = self.signer(f"owner {index}"), self.signer(f"node {index}")
        for address in (owner.address, signer.address):
            self.fund(address)
        self.give_tokens(owner.address, bond)
        cold = Sender(self.chain, owner)
        Joining(deployment=self.deployment, owner=cold, node=signer, bond=bond).run()

        def make() -> Node:
            return self._factories.get(index, Node.compose)(
                chain=self.chain,
                deployment=self.deployment,
                signer=signer,
                content=self.content,
                sandbox=self._sandbox,
                sources=self._sources,
                journal=self.directory / f"node-{index}.sqlite",
                outposts=[Outpost(each.gateway, Sender(each.chain, signer)) for each in self.remotes],
                policy=KEEN,
            )

        return LocalNode(f"node {index}", make, signer, bond)

    def _open_remotes(self, profile: Profile, faucet: Sender) -> None:
        """Deploy on every remote chain, have its gateway listed, and start the relay."""
        epoch = self.deployment.registry_on(self.chain).current_epoch()
        ledger = Ledger(self.chain, self.deployment)
        ledger.follow(self.chain.head().number)
        stake = ledger.distribution(epoch)
        genesis = TrustedStake(epoch=epoch, stake_hash=stake.hash, stake_total=stake.total)
        hub, relay = self.deployment.hub_on(self.chain), self.signer("relay")
        self.fund(relay.address)
        remotes, destinations = [], []
        for number, backend in enumerate(self._abroad, 1):
            backend.travel(self.chain.head().timestamp)
            remote = LocalRemote.deploy(f"remote {number}", backend, self.deployment, profile, genesis)
            faucet.send(hub.list_gateway(remote.chain.chain_id, remote.deployment.gateway))
            for signer in (relay, *(node.signer for node in self.nodes)):
                self.fund(signer.address, remote.chain)
            remotes.append(remote)
            destinations.append(Destination(remote.gateway, Sender(remote.chain, relay), remote.verifier))
        self.remotes = tuple(remotes)
        self.advance(seconds=profile.hub.listing_delay)
        policy = RelayPolicy(unpaid=True, backstop=True)
        self.relay = Relay(Sender(self.chain, relay), self.deployment, destinations, policy=policy)

    def _travel(self, timestamp: int) -> None:
        for chain, backend in self._chains():
            with chain.lock:
                backend.travel(Timestamp(max(timestamp, chain.head().timestamp + 1)))

    def _chains(self) -> list[tuple[Chain, Backend]]:
        return [(self.chain, self.backend), *((each.chain, each.backend) for each in self.remotes)]

    def _sender(self, key: bytes) -> Sender:
        return Sender(self.chain, KeySigner(key))

    def _drive(self) -> None:
        """Nodes first, then the clock; the clock waits for nodes that compute."""
        try:
            quiet = 0
            while not self._stopping.wait(min(PAUSE * 2**quiet, LONGEST_PAUSE)):
                with self._turn:
                    moved = [self._let_work(node.name, node.step) for node in self.nodes]
                    if self.relay is not None:
                        moved.append(self._let_work("the relay", self.relay.step))
                    if any(node.busy for node in self.nodes):
                        quiet = MOST_QUIET
                        continue
                    quiet = 0 if any(moved) else min(quiet + 1, MOST_QUIET)
                    for chain, backend in self._chains():
                        with chain.lock:
                            backend.mine(2**quiet)
        except BaseException as error:  # noqa: BLE001 - raised again where the user looks, in stop()
            self._failure = error

    @staticmethod
    def _let_work(name: str, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except ChainBoyError as error:
            _log.info("%s has to try again: %s", name, error)
            return False


def _default_sandbox() -> Sandbox:
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads the runtime's engine

    return WasmSandbox()
