"""``chainboy deploy`` against a chain in another process: all at once, killed at every step, and refused."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from deploy_desk import Desk, desk, told_by
from node_world import key, save_key, secret

from chainboy.chain import Chain, connect
from chainboy.chain.call import Call
from chainboy.chain.profile import ChainProfile
from chainboy.chain.sender import Sender
from chainboy.chain.signer import KeySigner
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.making import created_at
from chainboy.contracts.runtime import is_code_of
from chainboy.errors import ConfigError
from chainboy.networks import Network
from chainboy.node.config import NodeConfig
from chainboy.node.start import node_of
from chainboy.testing.backends import FAUCET_KEY, AnvilChain
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Wei

CREATIONS = 5
STEPS = 4 * CREATIONS + CREATIONS + 3
"""Two writes a contract, each seen from two sides; a broadcast each; the file from two sides; a removal."""

pytestmark = pytest.mark.anvil


@pytest.fixture(scope="module")
def backend() -> Iterator[AnvilChain]:
    """A chain in a process of its own, by the oldest rules."""
    with AnvilChain(hardfork="istanbul") as made:
        yield made


@pytest.fixture(scope="module")
def chain(backend: AnvilChain) -> Chain:
    """The way to it."""
    return connect(backend.url, ChainProfile.local(31_337))


@pytest.fixture
def place(tmp_path: Path, chain: Chain, backend: AnvilChain, request: pytest.FixtureRequest) -> Desk:
    """A desk with a key of this test's own."""
    return desk(tmp_path, request.node.name, chain, backend.url)


def unbroken(signer: KeySigner) -> dict[str, str]:
    """Where a run that nothing stops puts the contracts of a fresh key."""
    names = ("token", "registry", "hub", "verifier", "gateway")
    return {name: created_at(signer.address, nonce) for nonce, name in enumerate(names)}


def registries(chain: Chain, signer: KeySigner) -> int:
    """How many registries this key has made."""
    places = [created_at(signer.address, nonce) for nonce in range(chain.nonce(signer.address))]
    return sum(is_code_of("NodeRegistry", chain.code(place)) for place in places)


def check_done(place: Desk, chain: Chain) -> Deployment:
    """As an unbroken run leaves it: the addresses in the file, no journal, nothing made twice."""
    network = Network.load(place.file)
    deployment = network.deployment
    made = attrs.asdict(deployment)
    assert made.pop("chain_id") == chain.chain_id
    assert made == unbroken(place.signer)
    assert chain.nonce(place.signer.address) == CREATIONS
    assert sorted(path.name for path in place.folder.iterdir()) == ["key.json", "network.toml", "password"]
    assert network.connect_home().chain_id == chain.chain_id
    return deployment


def test_deployed_by_command(place: Desk, chain: Chain) -> None:
    """Each contract is told as it is made; comments stay; a second run is refused in one sentence."""
    code, out, err = told_by(*place.arguments())
    assert (code, err) == (0, "")
    deployment = check_done(place, chain)
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == [
        "ChainBoyToken", "NodeRegistry", "ConsensusHub", "HubVerifier", "TaskGateway",
    ]  # fmt: skip
    assert deployment.gateway in lines[-2]
    text = place.file.read_text()
    assert text.startswith("# a network of one's own\n")
    assert "# of one's own" in text
    profile = deployment.registry_on(chain).profile()
    assert (profile.epoch_length, profile.unbonding_epochs) == (700, 42)
    assert deployment.registry_on(chain).treasurer() == place.signer.address
    code, out, err = told_by(*place.arguments())
    assert (code, out) == (2, "")
    assert err.startswith("chainboy: ")
    assert "has the contracts of mine (31337) already" in err
    assert place.file.read_text() == text


def test_a_node_finds_its_network(place: Desk) -> None:
    """By the file that was deployed; it is told to deploy what has no contracts yet."""
    (place.folder / "node.toml").write_text(
        """
        [network]
        file = "network.toml"
        [key]
        keystore = "key.json"
        password_file = "password"
        [node]
        content = "content"
        journal = "journal.sqlite"
        [sources]
        """
    )
    config = NodeConfig.load(place.folder / "node.toml")
    with pytest.raises(ConfigError, match="no contracts are known on mine"):
        node_of(config, sandbox=FakeSandbox())
    assert place.run() == 0
    node = node_of(config, sandbox=FakeSandbox())
    try:
        node.step()
        assert node.address == place.signer.address
        assert config.sources is not None
        assert node.parts.solver._sources is config.sources
    finally:
        node.close()
    with place.file.open("a") as file:
        file.write(
            '[[remote]]\nname = "r"\nchain_id = 9\nconfirmations = 0\nblock_seconds = 1\nurls = ["u"]\n'
        )
    with pytest.raises(ConfigError, match="no contracts are known on r"):
        node_of(config, sandbox=FakeSandbox())


def test_the_treasurer_is_who_is_named(place: Desk, chain: Chain) -> None:
    """Of registry and gateway, in any case of the digits."""
    other = key("treasurer").address
    assert told_by(*place.arguments("--treasurer", other.lower()))[0] == 0
    deployment = check_done(place, chain)
    assert deployment.registry_on(chain).treasurer() == other
    assert deployment.gateway_on(chain).treasurer() == other


def test_killed_at_each_step(tmp_path: Path, chain: Chain, backend: AnvilChain) -> None:
    """For every step of it: killed there and started again with the same file."""
    for fuse in range(STEPS + 10):
        folder = tmp_path / str(fuse)
        folder.mkdir()
        place = desk(folder, f"killed at {fuse}", chain, backend.url)
        code = place.run(fuse)
        if code == 0:
            check_done(place, chain)
            break
        assert code == -signal.SIGKILL, place.told
        assert place.run() == 0, place.told
        check_done(place, chain)
    assert fuse == STEPS


def test_killed_in_a_row(place: Desk, chain: Chain) -> None:
    """No process lives for more than three steps; together they do what one would have done."""
    kills = 0
    while (code := place.run(3)) != 0:
        assert code == -signal.SIGKILL
        kills += 1
        assert kills < 40
    assert kills > CREATIONS
    check_done(place, chain)


def stop_after_registry(place: Desk) -> None:
    """Killed when the registry is in a block and noted."""
    assert place.run(9) == -signal.SIGKILL
    names = [row["name"] for row in json.loads(place.journal.read_text())["contracts"]]
    assert names == ["ChainBoyToken", "NodeRegistry"]


def test_a_nonce_that_no_longer_fits(place: Desk, chain: Chain) -> None:
    """The hub's nonce went elsewhere: told, with what to do; nothing is made, and doing it works."""
    stop_after_registry(place)
    Sender(chain, place.signer).send(Call(to=place.signer.address))
    nonce = chain.nonce(place.signer.address)
    code, _, err = told_by(*place.arguments())
    assert code == 2
    assert "with nonce 2 of" in err
    assert "remove" in err
    assert str(place.journal) in err
    assert chain.nonce(place.signer.address) == nonce
    place.journal.unlink()
    assert place.run() == 0
    assert Network.load(place.file).connect_home().chain_id == chain.chain_id
    assert registries(chain, place.signer) == 2


def test_a_journal_of_other_figures(place: Desk, chain: Chain) -> None:
    """The file was changed in between: refused, and right again once it is changed back."""
    stop_after_registry(place)
    text = place.file.read_text()
    place.file.write_text(text.replace("700", "800"))
    code, _, err = told_by(*place.arguments())
    assert (code, registries(chain, place.signer)) == (2, 1)
    assert "NodeRegistry was created with other figures" in err
    place.file.write_text(text)
    assert place.run() == 0
    check_done(place, chain)


def test_a_journal_of_another_key(place: Desk, tmp_path: Path) -> None:
    """Whoever goes on is who began."""
    stop_after_registry(place)
    save_key(secret("someone else"), tmp_path / "key.json")
    code, _, err = told_by(*place.arguments())
    assert code == 2
    assert f"the deployer is {place.signer.address}" in err


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"contracts": [{}]}', "\xff"], ids=repr)
def test_a_damaged_journal(place: Desk, chain: Chain, text: str) -> None:
    """Told, and nothing is made on top of it."""
    place.journal.write_bytes(text.encode("latin-1"))
    code, _, err = told_by(*place.arguments())
    assert code == 2
    assert "is no journal of a deployment" in err
    assert len(err.splitlines()) == 1
    assert chain.nonce(place.signer.address) == 0


REFUSED = [
    ("chain_id = 31337", "chain_id = 5", 1, "serves chain 31337, not mine (5)"),
    ("http://127.0.0.1:", "http://127.0.0.9:", 1, "no endpoint of mine (31337) can be used"),
    ("confirmations = 0", "", 2, "home.confirmations is missing"),
    ("[home]", "[home", 2, "is not TOML"),
    ("700", "0", 2, "epochLength"),
    ("registry.epoch_length", "registry.epoch", 2, "profile.registry.epoch is not known"),
    ("[profile]", "[contracts]", 2, "contracts is not known"),
]


@pytest.mark.parametrize(("right", "wrong", "expected", "words"), REFUSED, ids=lambda part: str(part)[:20])
def test_refusals_are_one_sentence(place: Desk, right: str, wrong: str, expected: int, words: str) -> None:
    """What is wrong with file or endpoint, with the exit code of its kind; no journal is left."""
    text = place.file.read_text()
    assert right in text
    place.file.write_text(text.replace(right, wrong))
    code, out, err = told_by(*place.arguments())
    assert (code, out) == (expected, "")
    assert err.startswith("chainboy: ")
    assert len(err.splitlines()) == 1
    assert words in err
    assert not place.journal.exists()


def test_a_wrong_password(place: Desk) -> None:
    """The key file is named; and so is a password file that is no text."""
    (place.folder / "password").write_text("wrong")
    code, out, err = told_by(*place.arguments())
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "key.json gives no key" in err
    (place.folder / "password").write_bytes(b"\xff")
    code, out, err = told_by(*place.arguments())
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "the password file" in err
    assert "cannot be read" in err


def test_not_enough_coins(place: Desk, chain: Chain) -> None:
    """For the first contract or a later one: send coins and run it again."""
    save_key(secret(place.folder.name), place.folder / "key.json")
    poor = Desk(place.folder, key(place.folder.name))
    faucet = Sender(chain, KeySigner(FAUCET_KEY))
    price = chain.fees().maximum
    for coins in (0, 2 * 10**6 * price):
        if coins:
            faucet.send(Call(to=poor.signer.address, value=Wei(coins)))
        code, _, err = told_by(*poor.arguments())
        assert code == 1
        assert err.splitlines() == [
            f"chainboy: {poor.signer.address} cannot pay for this; send coins of mine to it"
        ]
    faucet.send(Call(to=poor.signer.address, value=Wei(10**20)))
    assert poor.run() == 0
    check_done(poor, chain)


@pytest.mark.parametrize(
    "wrong", [["--treasurer", "0x12"], ["--network", "none.toml"], ["--keystore", "none.json"]], ids=" ".join
)
def test_malformed_options(place: Desk, wrong: list[str]) -> None:
    """Misuse, told by the option's name."""
    code, out, err = told_by(*place.arguments(*wrong))
    assert (code, out) == (2, "")
    assert wrong[0] in err
