"""A chain with the contracts and the stakes of a few nodes on it, for tests of nodes; blocks come by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.consensus.params import Mode, Params
from chainboy.content.memory import MemoryStore
from chainboy.contracts.deployment import deploy
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.profile import Profile
from chainboy.node.compose import compose_parts
from chainboy.node.joining import Joining
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.testing.backends import FAUCET_KEY, Backend, EmbeddedChain
from chainboy.testing.node_fakes import FakeSandbox, fake_program
from chainboy.units import Fuel, TaskId, Timestamp, Wei

if TYPE_CHECKING:
    from chainboy.content.store import ContentStore

EAGER = Policy(delivery=Delivery.ALWAYS, finalize_backoff=0)
"""A policy for tests: bring everything at once."""

PRICE = Wei(10**16)
"""Of a task, unless told otherwise."""


def stage_key(name: str) -> KeySigner:
    """The signer of this name, the same in every process; worthless anywhere else."""
    return KeySigner(hashlib.sha256(name.encode()).digest())


class NodeStage:
    """``bonds`` nodes with the keys ``node 0``, ``node 1`` … hold active weight; none of them runs yet.

    ``rules`` changes the network's profile before it is deployed. Close ``backend`` in the end.
    """

    def __init__(
        self,
        bonds: list[int],
        *,
        confirmations: int = 0,
        backend: Backend | None = None,
        rules: Callable[[Profile], Profile] = lambda usual: usual,
    ) -> None:
        self.backend = backend or EmbeddedChain()
        self.profile = ChainProfile(
            name="test",
            chain_id=self.backend.web3.eth.chain_id,
            confirmations=confirmations,
            block_seconds=1,
        )
        self.chain = Chain(self.backend.web3, self.profile)
        self.faucet = Sender(self.chain, KeySigner(FAUCET_KEY))
        self.network = rules(_network(self.chain.head().timestamp, confirmations))
        self.deployment = deploy(self.faucet, self.network, treasurer=self.faucet.address)
        self.hub = self.deployment.hub_on(self.chain)
        self.gateway = self.deployment.gateway_on(self.chain)
        self.registry = self.deployment.registry_on(self.chain)
        self.content: ContentStore = MemoryStore()
        self._asked: dict[TaskId, int] = {}
        self.signers = [stage_key(f"node {index}") for index in range(len(bonds))]
        for signer, bond in zip(self.signers, bonds, strict=True):
            self.faucet.send(Call(to=signer.address, value=Wei(10**20)))
            Joining(deployment=self.deployment, owner=self.faucet, node=signer, bond=bond).run()
        self.next_epoch()

    def next_epoch(self) -> None:
        """Let the stakes count."""
        stake = self.network.registry
        epoch = self.registry.current_epoch() + 1
        self.backend.travel(Timestamp(stake.genesis_time + epoch * stake.epoch_length))

    def node(
        self, index: int, journal: Path | str = ":memory:", *, policy: Policy = EAGER, **options: Any
    ) -> Node:
        """The usual node with the key of ``index``; ``options`` go to its composition."""
        usual: dict[str, Any] = {
            "chain": Chain(self.backend.web3, self.profile, lock=self.chain.lock),
            "deployment": self.deployment,
            "signer": self.signers[index],
            "content": self.content,
            "sandboxes": (FakeSandbox(),),
            "journal": journal,
        }
        return Node(compose_parts(**{**usual, **options}), policy=policy)

    def ask(
        self,
        data: bytes = b"",
        *,
        mode: Mode = Mode.EXACT,
        price: int = PRICE,
        tip: int = 0,
        life: int = 600,
        source: bytes | None = None,
        fuel: int = 10**6,
    ) -> TaskId:
        """Request a task, of a program that a fake sandbox runs unless told otherwise; returns its id."""
        program = bytes(32) if mode is Mode.RANDOM else self.content.put(source or fake_program()).digest
        params = Params(
            mode=mode,
            commit_window=5,
            fuel_limit=Fuel(0 if mode is Mode.RANDOM else fuel),
            expires_at=Timestamp(self.chain.head().timestamp + life),
        )
        call = self.gateway.request(program=program, input=data, params=params.pack(), price=price, tip=tip)
        receipt = self.faucet.send(call)
        (event,) = self.gateway.events(receipt.logs, TaskRequested)
        self._asked[event.task_id] = receipt.block_number
        return event.task_id

    def events(self, contract: Any, kind: type, task: TaskId) -> list[Any]:
        """The events of one kind that name the task."""
        head = self.chain.head().number
        logs = self.chain.logs([contract.address], [], self._asked.get(task, 0), head)
        return [event for event in contract.events(logs, kind) if event.task_id == task]

    def asked_in(self, task: TaskId) -> str:
        """The hash of the transaction that requested the task."""
        block = self._asked[task]
        (log,) = self.chain.logs([self.gateway.address], [], block, block)
        return f"0x{log.tx_hash.hex()}"


def _network(genesis: int, confirmations: int) -> Profile:
    """Quick figures, as far as the confirmations allow."""
    network = Profile.local(genesis_time=Timestamp(genesis))
    if not confirmations:
        return network
    phase_blocks = 20 + 2 * confirmations
    return attrs.evolve(
        network,
        hub=attrs.evolve(network.hub, phase_blocks=phase_blocks),
        gateway=attrs.evolve(network.gateway, settle_time=2 * phase_blocks),
    )
