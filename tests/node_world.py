"""A small real world for nodes: an embedded chain, the compiled contracts, funded keys and tasks."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from eth_account import Account

from chainboy.chain.client import Chain
from chainboy.node.runner import Node
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.testing.node_stage import EAGER, NodeStage, stage_key
from chainboy.units import TaskId

__all__ = ["EAGER", "PASSWORD", "World", "configure", "key", "save_key", "save_network", "secret"]


def secret(name: str) -> bytes:
    """The private key of this name, the same in every process."""
    return hashlib.sha256(name.encode()).digest()


key = stage_key


class World(NodeStage):
    """A stage whose nodes are made as users of the package make them."""

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

    def work(self, nodes: list[Node], *tasks: TaskId, after: int = 0) -> None:
        """Let all nodes work, block by block, until every task is over for all, and ``after`` rounds more.

        While nobody has anything to do several blocks are mined at once.
        """
        journals, left = [node.parts.journal for node in nodes], after
        for _ in range(300):
            moved = any([self._round(node) for node in nodes])  # noqa: C419 - each has its turn
            if all(not journal.active() and all(map(journal.task, tasks)) for journal in journals):
                left -= 1
            if left < 0:
                return
            self.backend.mine(1 if moved else 6)
        raise AssertionError("the nodes did not finish")

    @staticmethod
    def _round(node: Node) -> bool:
        moved = node.step()
        while node.busy:
            threading.Event().wait(0.001)
        return moved


PASSWORD = "an open secret"  # noqa: S105 - that is the point


def save_key(private_key: bytes, path: Path) -> None:
    """A keystore with :data:`PASSWORD` that, unlike those of users, takes no time to open."""
    path.write_text(json.dumps(Account.encrypt(private_key, PASSWORD, kdf="pbkdf2", iterations=1)))


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
    world: World, url: str, private_key: bytes, folder: Path, *, text: str = NODE, **figures: object
) -> Path:
    """The configuration of a node with this key behind this endpoint; all it names is in ``folder``, too.

    ``figures``: what else stands in braces in ``text``.
    """
    save_key(private_key, folder / "key.json")
    (folder / "password").write_text(PASSWORD + "\n")
    world.deployment.save(folder / "deployment.json")
    path = folder / "node.toml"
    known = {"url": url, "chain_id": world.chain.chain_id, "start_block": world.chain.head().number}
    path.write_text(text.format(**known, **{"kind": "threads", **figures}))
    return path


NETWORK = """
[home]
name = "mine"
chain_id = {chain_id}
urls = ["{url}"]
confirmations = 0
block_seconds = 1
[home.contracts]
"""


def save_network(world: World, url: str, path: Path) -> None:
    """The file of a network whose one chain, with the world's contracts, is behind this endpoint."""
    contracts = json.loads(world.deployment.to_json())
    text = NETWORK.format(chain_id=contracts.pop("chain_id"), url=url)
    path.write_text(text + "".join(f'{name} = "{address}"\n' for name, address in contracts.items()))
