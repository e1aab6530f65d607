"""Two real chains with clocks of their own; deployer, nodes and relay as processes, by command alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from node_world import key

from chainboy import program
from chainboy.abi import uint256
from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner, recover
from chainboy.cli.main import main
from chainboy.consensus.signing import register_message
from chainboy.content.directory import DirectoryStore
from chainboy.contracts.gateway import TaskState
from chainboy.networks import Network
from chainboy.tasks import TaskClient
from chainboy.testing.backends import FAUCET_KEY, AnvilChain
from chainboy.units import Timestamp, Wei

pytestmark = pytest.mark.anvil

COMMAND = Path(sys.executable).with_name("chainboy")
PASSWORD = "an open secret"  # noqa: S105 - that is the point
BONDS = (400, 300, 200)
PRICE, TIP = 10**16 + 7, 10**17

NETWORK = """
[home]
name = "home"
chain_id = 31337
urls = ["{home}"]
confirmations = 2
block_seconds = 1
[[remote]]
name = "far"
chain_id = 7
urls = ["http://127.0.0.1:9", "{far}"]
confirmations = 1
block_seconds = 2
fees = "legacy"
[profile]
preset = "local"
hub.phase_blocks = 24
gateway.settle_time = 60
"""

NODE = """
[network]
file = "network.toml"
[key]
keystore = "node-{index}.json"
password_file = "password"
[node]
content = "content"
journal = "node-{index}.sqlite"
poll_seconds = 0.2
[policy]
delivery = "never"
"""

RELAY = """
[network]
file = "network.toml"
[key]
keystore = "relay.json"
password_file = "password"
[relay]
poll_seconds = 0.2
"""


@program
def sum_of_squares(n: uint256) -> uint256:
    """The documented first program."""
    return sum(i * i for i in range(n))


class Place:
    """A folder with a network's files, the two chains, and the processes that were started."""

    def __init__(self, folder: Path, home: AnvilChain, far: AnvilChain) -> None:
        self.folder, self.home, self.far = folder, home, far
        self.file = folder / "network.toml"
        self.file.write_text(NETWORK.format(home=home.url, far=far.url))
        (folder / "password").write_text(PASSWORD)
        self.key("deployer", KeySigner(FAUCET_KEY))
        self.processes: list[subprocess.Popen[bytes]] = []

    def key(self, name: str, signer: KeySigner) -> None:
        """Put a key where the configuration files look for it."""
        signer.save(self.folder / f"{name}.json", PASSWORD)

    def deploy(self, *what: str) -> None:
        """``chainboy deploy`` in this process; it must end well."""
        keys = ("--keystore", self.folder / "deployer.json", "--password-file", self.folder / "password")
        with pytest.raises(SystemExit) as ended:
            main(["deploy", *what, "--network", str(self.file), *map(str, keys)])
        assert ended.value.code == 0

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A ``chainboy`` process that logs into the folder."""
        with self.log.open("ab") as log:
            process = subprocess.Popen([COMMAND, *command], cwd=self.folder, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A ``chainboy`` command, to its end."""
        return subprocess.run(
            [COMMAND, *command], cwd=self.folder, capture_output=True, text=True, check=False, timeout=300
        )

    @property
    def log(self) -> Path:
        """What all of them said."""
        return self.folder / "log"

    def wait(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        """Until it holds, while every process lives."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def travel(self, seconds: int) -> None:
        """Move both clocks on, to one time."""
        chains = (self.home, self.far)
        now = max(chain.web3.eth.get_block("latest")["timestamp"] for chain in chains)
        for chain in chains:
            chain.travel(Timestamp(now + seconds))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Both chains; all ends with the test."""
    with AnvilChain(hardfork="istanbul") as home, AnvilChain(chain_id=7, hardfork="cancun") as far:
        place = Place(tmp_path, home, far)
        yield place
        for process in place.processes:
            process.kill()
            process.wait(60)


def join(place: Place, chain: Chain, network: Network) -> None:
    """Three nodes, bonded and in the set from the next epoch on; with coins on both chains."""
    owner, deployment = Sender(chain, KeySigner(FAUCET_KEY)), network.deployment
    token, registry = deployment.token_on(chain), deployment.registry_on(chain)
    owner.send(token.approve(registry.address, sum(BONDS)))
    for index, bond in enumerate(BONDS):
        signer = key(f"node {index}")
        place.key(f"node-{index}", signer)
        (place.folder / f"node-{index}.toml").write_text(NODE.format(index=index))
        owner.send(Call(to=signer.address, value=Wei(10**20)))
        consent = register_message(deployment.domain, signer.address, owner.address, owner.address)
        owner.send(registry.register(signer.address, owner.address, signer.sign(consent)))
        owner.send(registry.bond(signer.address, bond))
        owner.send(registry.enter(signer.address))


def by_hand(place: Place, task_id: str) -> None:
    """The same task by command, from its id alone."""
    there = ("--network", "network.toml", "--chain", "far")
    keys = ("--keystore", "relay.json", "--password-file", "password")
    for command, said in (
        (("status", task_id, *there), "delivered\n"),
        (("deliver", task_id, *there, *keys), "delivered already; nothing was sent\n"),
    ):
        done = place.run("task", *command)
        assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    unknown = place.run("task", "status", "0x" + "11" * 32, *there)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "has no task" in unknown.stderr


def test_from_nothing_to_a_delivered_result(place: Place) -> None:
    """Deployed, asked, answered, sealed, attested, relayed by a relay that is killed on the way, and paid."""
    place.home.beat(1)
    place.far.beat(2)
    place.deploy("home")
    network = Network.load(place.file)
    home = network.connect_home()
    join(place, home, network)
    place.travel(600)
    bonded = home.head().number
    place.wait(lambda: home.final_number() >= bonded)
    place.deploy("remote", "--chain", "far")
    network = Network.load(place.file)
    (contracts,) = (remote.contracts for remote in network.remotes)
    assert contracts is not None
    far, hub = network.connect(7), network.deployment.hub_on(home)
    faucet, rich = Sender(home, KeySigner(FAUCET_KEY)), Sender(far, KeySigner(FAUCET_KEY))
    faucet.send(hub.list_gateway(7, contracts.gateway))
    place.travel(10)
    requester, relay = key("requester"), key("relay")
    place.key("relay", relay)
    (place.folder / "relay.toml").write_text(RELAY)
    faucet.send(Call(to=relay.address, value=Wei(10**20)))
    for signer in (requester, relay, *(key(f"node {index}") for index in range(len(BONDS)))):
        rich.send(Call(to=signer.address, value=Wei(10**20)))
    nodes = [place.start("node", "run", "--config", f"node-{index}.toml") for index in range(len(BONDS))]
    carrier = place.start("relay", "run", "--config", "relay.toml")

    gateway, verifier = contracts.gateway_on(far), contracts.verifier_on(far)
    genesis = verifier.distribution()
    client = TaskClient(
        home,
        network.deployment,
        remote=(far, contracts),
        signer=requester,
        content=DirectoryStore(place.folder / "content"),
    )
    task = client.submit(sum_of_squares, n=1000, price=PRICE, tip=TIP)
    place.wait(lambda: hub.last_seal().number == 1)
    carrier.send_signal(signal.SIGKILL)
    carrier.wait(60)
    place.start("relay", "run", "--config", "relay.toml")
    result = task.result(timeout=180, delivered=True)
    assert (result.value, result.agreeing_weight, result.total_weight) == (332_833_500, 900, 900)
    assert gateway.state_of(task.id) is TaskState.DELIVERED
    assert gateway.credit_of(relay.address) == TIP
    assert hub.last_seal().number == verifier.last_number() == 1
    place.wait(lambda: all(gateway.is_claimed(task.id, rank) for rank in range(len(BONDS))))
    assert gateway.credit_of(faucet.address) == sum(result.rewards.shares)
    task.proof().verify(recover=recover, expected_genesis=genesis.stake_hash)
    by_hand(place, f"0x{task.id.hex()}")
    for process in nodes:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert "Traceback" not in place.log.read_text()
