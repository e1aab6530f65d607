"""A chain with the contracts and one bonded node, the node's services around it, and tasks to ask for."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable

from compose_stack import PATIENCE, Stack

from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.content.ipfs import Daemon, IpfsStore
from chainboy.content.memory import MemoryStore
from chainboy.contracts.deployment import deploy
from chainboy.contracts.hub_events import Committed, Revealed
from chainboy.contracts.profile import Profile
from chainboy.errors import ContentUnavailable
from chainboy.networks.file import add_contracts
from chainboy.networks.network import Network
from chainboy.node.joining import Joining
from chainboy.programs.program import Program
from chainboy.tasks import TaskClient
from chainboy.tasks.task import Task
from chainboy.testing.backends import FAUCET_BALANCE, FAUCET_KEY, AnvilChain
from chainboy.units import TaskId, Timestamp, Wei

BOND = 400
PRICE, TIP = 10**16, 10**17
OUTSIDE = "http://chain:8545"

NETWORK = """\
[home]
name = "home"
chain_id = 31337
urls = ["{url}"]
confirmations = 0
block_seconds = 1
"""

SOURCE = """\
# /// chainboy
# runtime = "{runtime}"
# inputs = ["uint256 n"]
# outputs = ["uint256"]
# ///
# Task {n}.
def main(n):
    return sum(i * i for i in range(n))
"""


class ServedAnvil(AnvilChain):
    """An anvil that somebody else started."""

    def __init__(self, url: str) -> None:
        from web3 import HTTPProvider, Web3  # noqa: PLC0415 - heavy

        self.url = url
        self.web3 = Web3(HTTPProvider(url))
        end = time.monotonic() + 30
        while not self.web3.is_connected() and time.monotonic() < end:
            time.sleep(0.1)
        self._rpc("anvil_setBalance", [KeySigner(FAUCET_KEY).address, hex(FAUCET_BALANCE)])


class Town:
    """Everything; :meth:`begin` starts it, and has a ``first`` task answered with the journal in a file."""

    def __init__(self, stack: Callable[[bytes], Stack]) -> None:
        private_key = secrets.token_bytes(32)
        self.key = KeySigner(private_key)
        self.stack = stack(private_key)

    def begin(self) -> None:
        """Build, deploy, join and run."""
        self.stack.build()
        self.stack.up("chain", "ipfs")
        self.backend = ServedAnvil(f"http://127.0.0.1:{self.stack.chain_port}")
        self._deploy()
        self.backend.beat(1)
        self.stack.up("prometheus")
        self.stack.up()
        self.first = self.ask(10).result(timeout=PATIENCE, delivered=True)

    def _deploy(self) -> None:
        file = self.stack.folder / "network.toml"
        file.write_text(NETWORK.format(url=self.backend.url))
        self.chain = Network.load(file).home.connect()
        self.faucet = Sender(self.chain, KeySigner(FAUCET_KEY))
        figures = Profile.local(genesis_time=self.chain.head().timestamp)
        self.deployment = deploy(self.faucet, figures, treasurer=self.faucet.address)
        add_contracts(file, self.deployment)
        file.write_text(file.read_text().replace(self.backend.url, OUTSIDE))
        self.faucet.send(Call(to=self.key.address, value=Wei(10**20)))
        Joining(deployment=self.deployment, owner=self.faucet, node=self.key, bond=BOND).run()
        stake = figures.registry
        self.backend.travel(Timestamp(stake.genesis_time + stake.epoch_length))

    def ask(self, n: int, *, first: Callable[[], None] = lambda: None) -> Task:
        """A task of a program that nobody has seen before; ``first`` is done when it is in the daemon."""
        program = Program(SOURCE.format(runtime=self.stack.engine.runtime, n=n).encode())
        content = MemoryStore()
        client = TaskClient(self.chain, self.deployment, signer=self.faucet, content=content)
        self.stack.wait(lambda: self._published(program))
        first()
        return client.submit(
            program, n, price=PRICE, tip=TIP, fuel_limit=10**6, commit_window=5, lifetime=900
        )

    def acts(self) -> tuple[Counter[TaskId], Counter[TaskId]]:
        """How often each task has been committed to, and how often revealed, as the chain tells."""
        hub = self.deployment.hub_on(self.chain)
        logs = self.chain.logs([hub.address], [], 0, self.chain.head().number)
        committed, revealed = hub.events(logs, Committed), hub.events(logs, Revealed)
        return Counter(each.task_id for each in committed), Counter(each.task_id for each in revealed)

    def _published(self, program: Program) -> bool:
        store = IpfsStore(daemon=Daemon(f"http://{self.stack.address('ipfs', 'swarm')}:5001"))
        try:
            return store.put(program.source) == program.cid
        except ContentUnavailable:
            return False
