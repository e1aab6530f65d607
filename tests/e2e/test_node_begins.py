"""From nothing to a node that answers, by the commands that an operator types."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Ended, chainboy
from node_world import PASSWORD, World, configure, save_key, save_network, secret

from chainboy.chain.call import Call
from chainboy.content.directory import DirectoryStore
from chainboy.node.config import NodeConfig
from chainboy.node.machine import State
from chainboy.node.start import node_of
from chainboy.testing.backends import AnvilChain
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Address, Wei

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A network without nodes."""
    with AnvilChain() as backend:
        yield World([], backend=backend)


@pytest.fixture
def folder(tmp_path: Path, world: World) -> Path:
    """A folder with the network's file, and the key of somebody who has tokens."""
    save_network(world, world.backend.url, tmp_path / "network.toml")
    save_key(world.faucet.signer._account.key, tmp_path / "owner.json")
    (tmp_path / "owner-password").write_text(PASSWORD)
    return tmp_path


def init(folder: Path) -> Ended:
    """Begin a node in ``folder / "node"``."""
    return chainboy("node", "init", "node", "--network", "network.toml", folder=folder)


def join(folder: Path, bond: int, *more: str) -> Ended:
    """Bond for that node."""
    owner = ("--keystore", "owner.json", "--password-file", "owner-password")
    what = ("--config", "node/node.toml", "--bond", str(bond), *more)
    return chainboy("node", "join", *what, *owner, folder=folder)


def test_a_node_begins(folder: Path, world: World) -> None:
    """Made, funded, joined, and then it answers; joining again changes nothing, more bond adds."""
    made = init(folder)
    assert (made.code, made.err) == (0, "")
    (address,) = map(Address, re.findall("0x[0-9a-fA-F]{40}", made.out))
    for name in ("key.json", "password"):
        assert stat.S_IMODE((folder / "node" / name).stat().st_mode) == 0o600
        assert (folder / "node" / name).read_text().strip() not in made.out

    world.faucet.send(Call(to=address, value=Wei(10**19)))
    joined = join(folder, 100)
    assert (joined.code, joined.err) == (0, "")
    assert [line.split()[0] for line in joined.out.splitlines()] == ["registered", "bonded", "entered"]
    assert join(folder, 100) == Ended(0, "", "")
    assert join(folder, 150) == Ended(0, "bonded 50 units of tokens\n", "")
    state = world.registry.node_of(address)
    assert (state.owner, state.payout) == (world.faucet.address, world.faucet.address)
    assert (state.bonded, state.active) == (150, True)

    world.next_epoch()
    world.content = DirectoryStore(folder / "node" / "content")
    task = world.ask(b"input")
    node = node_of(NodeConfig.load(folder / "node" / "node.toml"), sandbox=FakeSandbox())
    try:
        for _ in range(100):
            node.step()
            world.backend.mine()
            found = node.parts.journal.task(task)
            if found is not None and found.state is State.FINALIZED:
                break
        else:
            pytest.fail(f"the node did not answer: {found}")
    finally:
        node.close()


def test_nothing_is_overwritten(folder: Path) -> None:
    """A folder that has any of the files is left as it is."""
    (folder / "node").mkdir()
    (folder / "node" / "password").write_text("mine")
    told = init(folder)
    assert told.code == 2
    assert "password is there already; choose another folder" in told.err
    assert [path.name for path in (folder / "node").iterdir()] == ["password"]


def test_somebody_elses_node(folder: Path, world: World) -> None:
    """A node has one owner for good."""
    (folder / "node").mkdir()
    configure(world, world.backend.url, secret("taken"), folder / "node")
    assert join(folder, 1).code == 0
    save_key(secret("stranger"), folder / "owner.json")
    told = join(folder, 1)
    assert told.code == 2
    assert f"belongs to {world.faucet.address}; use that owner's key" in told.err


def test_a_payout_address(folder: Path) -> None:
    """Rewards may go elsewhere than to the owner."""
    init(folder)
    elsewhere = "0x" + "ab" * 20
    told = join(folder, 7, "--payout", elsewhere)
    assert (told.code, told.err) == (0, "")
    assert f"rewards go to {elsewhere}" in told.out.lower()
