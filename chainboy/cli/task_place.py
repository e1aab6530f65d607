"""Where a task was asked for and is answered, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import attrs
import click

from chainboy.cli.options import FILE, chain_named
from chainboy.errors import EncodingError
from chainboy.networks.network import Network, contracts_of
from chainboy.units import TaskId

if TYPE_CHECKING:
    from chainboy.chain.client import Chain
    from chainboy.contracts.deployment import Deployment
    from chainboy.contracts.gateway import Gateway
    from chainboy.contracts.hub import Hub
    from chainboy.contracts.remote import RemoteDeployment

TASK_ID_BYTES = 32

Command = TypeVar("Command", bound=Callable[..., object])


def place(command: Command) -> Command:
    """The options that name a task and where it was asked for."""
    options = (
        click.argument("task_id"),
        click.option("--network", type=FILE, required=True, help="The network's file."),
        click.option("--chain", help="The chain that asked, by name or id. [default: the home chain]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@attrs.frozen(kw_only=True)
class TaskPlace:
    """The home chain, and the chain that asked if that is another one."""

    home: Chain
    deployment: Deployment
    remote: tuple[Chain, RemoteDeployment] | None

    @property
    def hub(self) -> Hub:
        """Where tasks are answered."""
        return self.deployment.hub_on(self.home)

    @property
    def gateway(self) -> Gateway:
        """Where the task was asked for."""
        if self.remote is None:
            return self.deployment.gateway_on(self.home)
        chain, contracts = self.remote
        return contracts.gateway_on(chain)


def place_of(file: Path, name: str | None) -> TaskPlace:
    """The place in a network's file; ``name`` of the chain that asked, by default the home chain."""
    network = Network.load(file)
    home, remote = network.connect_home(), None
    if name is not None and name not in (network.home.profile.name, str(network.home.profile.chain_id)):
        there = network.remote(chain_named(name))
        remote = (network.connect(there.profile.chain_id), contracts_of(there))
    return TaskPlace(home=home, deployment=network.deployment, remote=remote)


def parse_task_id(text: str) -> TaskId:
    """A task's id of 64 hex digits."""
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise EncodingError(f"{text!r} is no task id; give 64 hex digits") from error
    if len(raw) != TASK_ID_BYTES:
        raise EncodingError(f"a task id has {TASK_ID_BYTES} bytes, this one {len(raw)}; check it")
    return TaskId(raw)
