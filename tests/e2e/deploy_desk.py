"""A folder with a network's file and a deployer's key, and the command run in it."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import attrs
import deploy_process
from node_world import PASSWORD, key, save_key, secret

from chainboy.chain.call import Call
from chainboy.chain.client import Chain
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.testing.backends import FAUCET_KEY
from chainboy.units import Wei

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chainboy.networks.deploying", "chainboy.cli.deploy", "web3"])

COMMAND = Path(sys.executable).with_name("chainboy")


@attrs.frozen
class Desk:
    """A folder with a network's file and a deployer's key."""

    folder: Path
    signer: KeySigner

    @property
    def file(self) -> Path:
        """The network's file."""
        return self.folder / "network.toml"

    @property
    def journal(self) -> Path:
        """Where the journal is while the deployment is under way."""
        return self.folder / "network.toml.deploying"

    def arguments(self, *more: str, chain: str = "") -> list[str]:
        """The command's, from ``home`` or ``remote`` on."""
        files = ["--keystore", self.folder / "key.json", "--password-file", self.folder / "password"]
        where = ["remote", "--chain", chain] if chain else ["home"]
        return [*where, "--network", str(self.file), *map(str, files), *more]

    @property
    def told(self) -> str:
        """What the command said when it ran last."""
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        """Beside the folder: tests look at all that is in it."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def run(self, fuse: int = -1, *more: str, chain: str = "") -> int:
        """The command's exit code, or the negative number of the signal that ended it."""
        arguments = self.arguments(*more, chain=chain)
        process = PROCESSES.Process(target=deploy_process.main, args=(fuse, arguments, self._log))
        process.start()
        process.join(120)
        assert process.exitcode is not None
        return process.exitcode


def desk(folder: Path, name: str, chain: Chain, url: str) -> Desk:
    """A deployer of that name with coins, and a file that describes ``chain``."""
    signer = key(name)
    Sender(chain, KeySigner(FAUCET_KEY)).send(Call(to=signer.address, value=Wei(10**20)))
    save_key(secret(name), folder / "key.json")
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "network.toml").write_text(
        f"""# a network of one's own
[home]
name = "mine"
chain_id = {chain.chain_id}
urls = ["{url}"]  # of one's own
confirmations = 0
block_seconds = 1

[profile]
preset = "local"
registry.epoch_length = 700
"""
    )
    return Desk(folder, signer)


def told_by(*arguments: str) -> tuple[int, str, str]:
    """The installed command's exit code and output; never a traceback."""
    done = subprocess.run(
        [COMMAND, "deploy", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr
