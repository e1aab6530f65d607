"""``chainboy owner``: out of the bond, out of the registry, and the rewards out of the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from http_chain import http_chain
from node_world import PASSWORD, World, save_key, save_network, secret

from chainboy.cli.main import cli
from chainboy.consensus.params import Params
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.errors import ContractRefused
from chainboy.testing.backends import FAUCET_KEY
from chainboy.units import Address, Timestamp

ELSEWHERE = Address("0x" + "11" * 20)


@pytest.fixture(scope="module")
def world() -> World:
    """A network with two nodes of one owner."""
    return World([100, 50])


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Iterator[Path]:
    """A folder with the network's file and the owner's key."""
    with http_chain(world.chain) as endpoint:
        save_network(world, endpoint.url, tmp_path / "network.toml")
        for name, key in (("owner", FAUCET_KEY), ("stranger", secret("stranger"))):
            save_key(key, tmp_path / f"{name}.json")
        (tmp_path / "password").write_text(PASSWORD)
        yield tmp_path


def owner(folder: Path, command: str, *more: str, key: str = "owner") -> Result:
    """The command's end."""
    named = [("network", "network.toml"), ("keystore", f"{key}.json"), ("password-file", "password")]
    files = [word for name, file in named for word in (f"--{name}", str(folder / file))]
    return CliRunner().invoke(cli, ["owner", command, *files, *more])


def test_tokens_come_out(world: World, folder: Path) -> None:
    """Some, then all; not before their epoch; the registry's own figures."""
    node = world.signers[0].address
    some = owner(folder, "unbond", "--node", node, "--amount", "40")
    assert (some.exit_code, world.registry.node_of(node).bonded) == (0, 60)
    rest = owner(folder, "unbond", "--node", node)
    state = world.registry.node_of(node)
    now = world.registry.current_epoch()
    assert rest.output == f"100 units are released in epoch {state.release_epoch}, now is epoch {now}\n"
    assert (state.bonded, state.unbonding, state.active) == (0, 100, False)

    early = owner(folder, "withdraw", "--node", node)
    assert isinstance(early.exception, ContractRefused)
    stake = world.network.registry
    world.backend.travel(Timestamp(stake.genesis_time + state.release_epoch * stake.epoch_length))
    out = owner(folder, "withdraw", "--node", node, "--to", ELSEWHERE)
    assert out.output == f"100 units went to {ELSEWHERE}\n"
    assert world.deployment.token_on(world.chain).balance_of(ELSEWHERE) == 100


def test_rewards_go_elsewhere(world: World, folder: Path) -> None:
    """The owner alone says where."""
    node = world.signers[1].address
    strange = owner(folder, "payout", ELSEWHERE, "--node", node, key="stranger")
    assert strange.exception is not None
    told = owner(folder, "payout", ELSEWHERE, "--node", node)
    assert told.output == f"rewards of rounds from the next epoch on go to {ELSEWHERE}\n"
    assert world.registry.node_of(node).payout == ELSEWHERE


def test_rewards_are_collected(world: World, folder: Path) -> None:
    """What the gateway credits to the key: nothing at first, then a refund's price."""
    holder = world.faucet.address
    assert owner(folder, "collect").output == f"nothing is credited to {holder}\n"
    world.ask(price=10**16)
    log = world.chain.logs([world.gateway.address], [], 0, world.chain.head().number)
    (asked,) = world.gateway.events(log, TaskRequested)
    margin = world.network.gateway.refund_margin
    world.backend.travel(Timestamp(Params.unpack(asked.params).expires_at + margin))
    world.faucet.send(world.gateway.refund(asked.request))
    assert owner(folder, "collect", "--to", ELSEWHERE).output == f"{10**16} wei went to {ELSEWHERE}\n"
    assert world.chain.balance(ELSEWHERE) == 10**16
