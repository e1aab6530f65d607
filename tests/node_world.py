"""A small real world for nodes: an embedded chain, the compiled contracts, funded keys and tasks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from eth_account import Account

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.consensus.params import Mode, Params
from chainboy.content.memory import MemoryStore
from chainboy.content.store import ContentStore
from chainboy.contracts.deployment import deploy
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.profile import Profile
from chainboy.node.joining import Joining
from chainboy.node.policy import Delivery, Policy
from chainboy.node.runner import Node
from chainboy.testing.backends import FAUCET_KEY, Backend, EmbeddedChain
from chainboy.testing.node_fakes import FakeSandbox, fake_program
from chainboy.units import Fuel, TaskId, Timestamp, Wei

EAGER = Policy(delivery=Delivery.ALWAYS, finalize_backoff=0)
"""A policy for tests: bring everything at once."""


def secret(name: str) -> bytes:
    """The private key of this name, the same in every process."""
    return hashlib.sha256(name.encode()).digest()


def key(name: str) -> KeySigner:
    """The signer of this name."""
    return KeySigner(secret(name))


class World:
    """A chain with the contracts on it and ``bonds`` nodes' stakes in the active set."""

    def __init__(self, bonds: list[int], *, confirmations: int = 0, backend: Backend | None = None) -> None:
        self.backend = backend or EmbeddedChain()
        chain_id = self.backend.web3.eth.chain_id
        self.profile = ChainProfile(
            name="test", chain_id=chain_id, confirmations=confirmations, block_seconds=1
        )
        self.chain = Chain(self.backend.web3, self.profile)
        self.faucet = Sender(self.chain, KeySigner(FAUCET_KEY))
        self.network = Profile.local(genesis_time=self.chain.head().timestamp)
        if confirmations:
            import attrs  # noqa: PLC0415

            phase_blocks = 20 + 2 * confirmations
            self.network = attrs.evolve(
                self.network,
                hub=attrs.evolve(self.network.hub, phase_blocks=phase_blocks),
                gateway=attrs.evolve(self.network.gateway, settle_time=2 * phase_blocks),
            )
        self.deployment = deploy(self.faucet, self.network, treasurer=self.faucet.address)
        self.hub = self.deployment.hub_on(self.chain)
        self.gateway = self.deployment.gateway_on(self.chain)
        self.registry = self.deployment.registry_on(self.chain)
        self.content: ContentStore = MemoryStore()
        self.signers = [key(f"node {index}") for index in range(len(bonds))]
        for index, bond in enumerate(bonds):
            self._join(index, bond)
        self.next_epoch()

    def _join(self, index: int, bond: int) -> None:
        node, owner = self.signers[index], self.faucet
        self.faucet.send(Call(to=node.address, value=Wei(10**20)))
        Joining(deployment=self.deployment, owner=owner, node=node, bond=bond).run()

    def next_epoch(self) -> None:
        """Let the stakes count."""
        stake = self.network.registry
        epoch = self.registry.current_epoch() + 1
        self.backend.travel(Timestamp(stake.genesis_time + epoch * stake.epoch_length))

    def node(self, index: int, journal: Path | str = ":memory:", **options: Any) -> Node:
        """The usual node with the key of ``index``."""
        return Node.compose(
            **{
                "chain": Chain(self.backend.web3, self.profile, lock=self.chain.lock),
                "deployment": self.deployment,
                "signer": self.signers[index],
                "content": self.content,
                "sandbox": FakeSandbox(),
                "journal": journal,
                "policy": EAGER,
                **options,
            }
        )

    def ask(
        self,
        data: bytes = b"",
        *,
        mode: Mode = Mode.EXACT,
        price: int = 10**16,
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
        return event.task_id


PASSWORD = "an open secret"  # noqa: S105 - that is the point

NODE = """
[chain]
url = "{url}"
chain_id = {chain_id}
confirmations = 0
block_seconds = 1
[contracts]
deployment = "deployment.json"
[key]
keystore = "key.json"
password_file = "password"
[node]
content = "content"
journal = "journal.sqlite"
poll_seconds = 0.02
start_block = {start_block}
[pool]
kind = "{kind}"
[policy]
delivery = "always"
finalize_backoff = 0
"""


def configure(
    world: World, url: str, private_key: bytes, folder: Path, *, kind: str = "threads"
) -> Path:
    """The configuration of a node with this key behind this endpoint; all it names is in ``folder``, too."""
    light = Account.encrypt(private_key, PASSWORD, kdf="pbkdf2", iterations=1)
    (folder / "key.json").write_text(json.dumps(light))
    (folder / "password").write_text(PASSWORD + "\n")
    world.deployment.save(folder / "deployment.json")
    path = folder / "node.toml"
    figures = {"kind": kind, "chain_id": world.chain.chain_id, "start_block": world.chain.head().number}
    path.write_text(NODE.format(url=url, **figures))
    return path
