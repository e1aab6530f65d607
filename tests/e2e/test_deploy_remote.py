"""``chainboy deploy remote`` between two chains in processes of their own."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from deploy_desk import Desk, desk, told_by
from node_world import World, key

from chainboy.chain import Chain, connect
from chainboy.chain.profile import ChainProfile
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.contracts.making import created_at
from chainboy.contracts.profile import Profile
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ConfigError, VersionMismatch, WrongChain
from chainboy.networks import Network
from chainboy.testing.backends import AnvilChain
from chainboy.units import Timestamp

HOME, REMOTE = 31_337, 31_338
CREATIONS = 2
STEPS = 5 * CREATIONS + 3

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A home chain with three nodes in its active set."""
    with AnvilChain(chain_id=HOME) as backend:
        yield World([5, 4, 3], backend=backend)


@pytest.fixture(scope="module")
def backend(world: World) -> Iterator[AnvilChain]:
    """A remote chain, whose clock is the home chain's."""
    with AnvilChain(chain_id=REMOTE) as made:
        made.travel(world.chain.head().timestamp)
        yield made


@pytest.fixture(scope="module")
def chain(backend: AnvilChain) -> Chain:
    """The way to it."""
    return connect(backend.url, ChainProfile.local(REMOTE))


def furnish(folder: Path, name: str, world: World, chain: Chain, backend: AnvilChain) -> Desk:
    """A deployer's folder whose file describes both chains."""
    place = desk(folder, name, chain, backend.url)
    deployment: dict[str, Any] = attrs.asdict(world.deployment)
    deployment.pop("chain_id")
    addresses = "\n".join(f'{name} = "{where}"' for name, where in deployment.items())
    place.file.write_text(
        f"""
[home]
name = "home"
chain_id = {HOME}
urls = ["{world.backend.url}"]
confirmations = 0
block_seconds = 1

[home.contracts]
{addresses}

[[remote]]
name = "other"
chain_id = 5
urls = ["http://127.0.0.1:9"]
confirmations = 1
block_seconds = 1

# the one that is meant
[[remote]]
name = "far"
chain_id = {REMOTE}
urls = ["{backend.url}"]
confirmations = 0
block_seconds = 1
[remote.gateway]
min_price = 77
"""
    )
    return place


@pytest.fixture
def place(
    tmp_path: Path, world: World, chain: Chain, backend: AnvilChain, request: pytest.FixtureRequest
) -> Desk:
    """A desk with a key of this test's own."""
    return furnish(tmp_path, request.node.name, world, chain, backend)


def check_done(place: Desk, chain: Chain, world: World) -> RemoteDeployment:
    """As an unbroken run leaves it."""
    network = Network.load(place.file)
    made = network.remote("far").contracts
    assert made is not None
    assert made == RemoteDeployment(
        chain_id=REMOTE,
        home_chain_id=HOME,
        hub=world.deployment.hub,
        verifier=created_at(place.signer.address, 0),
        gateway=created_at(place.signer.address, 1),
    )
    assert chain.nonce(place.signer.address) == CREATIONS
    assert not place.journal.exists()
    assert network.connect(REMOTE).chain_id == REMOTE
    assert network.connect(HOME).chain_id == HOME
    return made


def test_deployed_by_command(place: Desk, chain: Chain, world: World) -> None:
    """By name; the verifier trusts the home chain's nodes, the gateway has time to settle."""
    guardian, treasurer = key("guardian").address, key("treasurer").address
    options = ("--guardian", guardian, "--treasurer", treasurer)
    code, out, err = told_by(*place.arguments(*options, chain="far"))
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[:2]] == ["CheckpointVerifier", "TaskGateway"]
    made = check_done(place, chain, world)
    verifier, gateway = made.verifier_on(chain), made.gateway_on(chain)
    home = Profile(
        registry=world.registry.profile(), hub=world.hub.profile(), gateway=world.gateway.profile()
    )
    assert verifier.profile() == home.verifier
    stake = StakeDistribution.of(
        (signer.address, bond) for signer, bond in zip(world.signers, (5, 4, 3), strict=True)
    )
    assert verifier.distribution() == TrustedStake(
        epoch=world.registry.current_epoch(), stake_hash=stake.hash, stake_total=stake.total
    )
    assert (verifier.guardian(), gateway.treasurer()) == (guardian, treasurer)
    assert gateway.profile() == attrs.evolve(home.gateway, min_price=77)
    assert gateway.profile().settle_time >= 2 * home.hub.min_seal_interval
    assert "# the one that is meant" in place.file.read_text()
    code, _, err = told_by(*place.arguments(chain=str(REMOTE)))
    assert code == 2
    assert "has the contracts of far (31338) already" in err


def test_killed_at_each_step(tmp_path: Path, world: World, chain: Chain, backend: AnvilChain) -> None:
    """Killed and started again with the same file: the same contracts, once."""
    for fuse in range(STEPS + 10):
        folder = tmp_path / str(fuse)
        folder.mkdir()
        place = furnish(folder, f"remote killed at {fuse}", world, chain, backend)
        code = place.run(fuse, chain="far")
        if code == 0:
            break
        assert code == -signal.SIGKILL, place.told
        assert place.run(chain="far") == 0, place.told
        check_done(place, chain, world)
    assert fuse == STEPS


def genesis(place: Desk, **changes: Any) -> str:
    """A file with the distribution of the world's first epoch in which its nodes count."""
    values = {
        "epoch": 1,
        "entries": [
            {"node": key(f"node {index}").address, "weight": weight}
            for index, weight in enumerate(("5", 4, 3))
        ],
    }
    path = place.folder / "genesis.json"
    path.write_text(json.dumps(values | changes))
    return str(path)


def test_a_distribution_from_a_file(place: Desk, chain: Chain, world: World) -> None:
    """Taken as it is; once begun with, it is not changed."""
    assert place.run(3, "--genesis", genesis(place), chain="far") == -signal.SIGKILL
    assert place.journal.exists()
    journal = json.loads(place.journal.read_text())
    place.journal.write_text(json.dumps(journal | {"start": journal["start"] | {"stake_total": 11}}))
    code, _, err = told_by(*place.arguments("--genesis", genesis(place), chain="far"))
    assert code == 2
    assert "began with another distribution" in err
    place.journal.write_text(json.dumps(journal))
    assert place.run(-1, "--genesis", genesis(place), chain="far") == 0
    made = check_done(place, chain, world)
    assert made.verifier_on(chain).distribution().epoch == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": 0}, "the registry says 0 and 0"),
        ({"epoch": 9}, "epoch 9 is not over"),
        ({"epoch": -1}, "genesis.json: epoch cannot be -1"),
        ({"entries": []}, "0 nodes have 0 in epoch 1"),
        ({"entries": {}}, "entries is no list of tables"),
        ({"entries": [{"node": "0x12", "weight": 1}]}, "genesis.json: entries[0].node"),
        ({"entries": [{"node": key("x").address, "weight": 0}]}, "weighs nothing"),
        ({"entries": [{"node": key("x").address}]}, "entries[0].weight is missing"),
        ({"more": 1}, "more is not known"),
    ],
    ids=lambda part: str(part)[:24],
)
def test_bad_distributions(place: Desk, changes: dict[str, Any], words: str, chain: Chain) -> None:
    """One sentence, and nothing is made."""
    code, out, err = told_by(*place.arguments("--genesis", genesis(place, **changes), chain="far"))
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert words in err
    assert chain.nonce(place.signer.address) == 0


def test_too_little_time_to_settle(place: Desk, chain: Chain) -> None:
    """Told with the least there has to be, and nothing is made."""
    place.file.write_text(place.file.read_text().replace("min_price = 77", "settle_time = 19"))
    code, _, err = told_by(*place.arguments(chain="far"))
    assert code == 2
    assert "gateway.settle_time of far (31338) is 19" in err
    assert "give 20 or more" in err
    assert chain.nonce(place.signer.address) == 0


def test_a_distribution_nobody_trusts_any_more(place: Desk, world: World, chain: Chain) -> None:
    """A verifier that believed nobody would be of no use."""
    text = place.file.read_text()
    place.journal.write_text(
        json.dumps(
            {
                "kind": "remote",
                "chain_id": REMOTE,
                "deployer": place.signer.address,
                "start": {"epoch": 0, "stake_hash": "0x" + "11" * 32, "stake_total": 1},
                "contracts": [],
            }
        )
    )
    figures = world.registry.profile()
    trusted = (figures.unbonding_epochs - 3) * figures.epoch_length
    with AnvilChain(chain_id=REMOTE) as late:
        late.travel(Timestamp(figures.genesis_time + trusted))
        place.file.write_text(text.replace(chain.web3.provider.endpoint_uri, late.url))  # type: ignore[attr-defined]
        code, _, err = told_by(*place.arguments(chain="far"))
    assert code == 2
    assert "the distribution of epoch 0 was to be trusted until" in err


@pytest.mark.parametrize(
    ("name", "expected", "words"),
    [
        ("near", 2, "has no remote chain near; its remote chains are: other (5), far (31338)"),
        ("other", 1, "no endpoint of other (5) can be used"),
        (str(HOME), 2, "has no remote chain 31337"),
    ],
)
def test_chains_that_cannot_be_used(place: Desk, name: str, expected: int, words: str) -> None:
    """Unknown, down, or the home chain."""
    code, out, err = told_by(*place.arguments(chain=name))
    assert (code, out, len(err.splitlines())) == (expected, "", 1)
    assert words in err


def test_the_handshake_refuses_what_is_off(
    tmp_path: Path, world: World, chain: Chain, backend: AnvilChain
) -> None:
    """Another chain, no contract, another home or hub, a gateway of another verifier."""
    place = furnish(tmp_path, "handshake", world, chain, backend)
    assert place.run(chain="far") == 0
    made = check_done(place, chain, world)
    made.check(chain)
    other = created_at(place.signer.address, 9)
    for change, error, words in (
        ({"chain_id": 1}, WrongChain, "use that"),
        ({"verifier": other}, VersionMismatch, "no contract of this kind"),
        ({"gateway": made.verifier}, VersionMismatch, "not what it should be"),
        ({"hub": other}, ConfigError, r"verifier\.hub is"),
        ({"home_chain_id": 1}, ConfigError, r"verifier\.homeChainId is"),
    ):
        with pytest.raises(error, match=words):
            attrs.evolve(made, **change).check(chain)
