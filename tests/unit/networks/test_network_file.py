"""A network's file: what it means, what is refused by its key's name, and how addresses get into it."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest

from chainboy.chain import Capped, ChainProfile, FeeRule, Spending
from chainboy.consensus.fields import to_address
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.profile import Profile
from chainboy.contracts.remote import RemoteDeployment
from chainboy.errors import ConfigError, JournalError
from chainboy.networks import Figures, Network, Preset, add_contracts
from chainboy.networks import atomic as atomic_module
from chainboy.networks.atomic import locked, remove, write_atomically
from chainboy.networks.file import rehearse
from chainboy.units import Timestamp

TOKEN, REGISTRY, HUB, VERIFIER, GATEWAY, FAR_VERIFIER, FAR_GATEWAY = (
    to_address(bytes([number]) * 20) for number in range(1, 8)
)
DEPLOYED = Deployment(
    chain_id=111_111, token=TOKEN, registry=REGISTRY, hub=HUB, verifier=VERIFIER, gateway=GATEWAY
)
FAR = RemoteDeployment(
    chain_id=137, home_chain_id=111_111, hub=HUB, verifier=FAR_VERIFIER, gateway=FAR_GATEWAY
)

BARE = """# my network
[home]  # where consensus is
profile = "siberium"
urls = ["http://127.0.0.1:8545", "/run/geth.ipc"]  # mine first
# no more of it

# short epochs
[profile]
preset = "local"
registry.epoch_length = 700  # seconds

[[remote]]
name = "far"
chain_id = 137  # as listed
urls = ["https://far.example"]
confirmations = 30
block_seconds = 2
fees = "legacy"
gateway.min_price = "340282366920938463463374607431768211456"

# the last one
[[remote]]
name = "further"
chain_id = 56
urls = ["https://further.example"]
confirmations = 15
block_seconds = 3
poa = true
"""

DONE = """# my network
[home]  # where consensus is
profile = "siberium"
urls = ["http://127.0.0.1:8545", "/run/geth.ipc"]  # mine first
# no more of it

[home.contracts]
token = "0x0101010101010101010101010101010101010101"
registry = "0x0202020202020202020202020202020202020202"
hub = "0x0303030303030303030303030303030303030303"
verifier = "0x0404040404040404040404040404040404040404"
gateway = "0x0505050505050505050505050505050505050505"

# short epochs
[profile]
preset = "local"
registry.epoch_length = 700  # seconds

[[remote]]
name = "far"
chain_id = 137  # as listed
urls = ["https://far.example"]
confirmations = 30
block_seconds = 2
fees = "legacy"
gateway.min_price = "340282366920938463463374607431768211456"

[remote.contracts]
hub = "0x0303030303030303030303030303030303030303"
verifier = "0x0606060606060606060606060606060606060606"
gateway = "0x0707070707070707070707070707070707070707"

# the last one
[[remote]]
name = "further"
chain_id = 56
urls = ["https://further.example"]
confirmations = 15
block_seconds = 3
poa = true
"""


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    path = folder / "network.toml"
    path.write_text(text)
    return path


def test_what_may_be_paid(tmp_path: Path) -> None:
    """Each chain has figures of its own, in its own coin; a mistake is told by its chain."""
    text = DONE.replace("[[remote]]", "[[remote]]\nfee_cap = 9\nstuck_seconds = 30", 1)
    network = Network.load(written(tmp_path, text))
    assert network.home.spending == Spending()
    assert network.remotes[0].spending == Spending(fees=Capped(cap=9), stuck_seconds=30.0)
    with pytest.raises(ConfigError, match=r"remote\[0\]\.fee_cap cannot be 'dear'"):
        Network.load(written(tmp_path, text.replace("fee_cap = 9", 'fee_cap = "dear"')))


def test_every_key_is_read(tmp_path: Path) -> None:
    """Chains with their figures, endpoints and contracts."""
    network = Network.load(written(tmp_path, DONE))
    assert network.home.profile == ChainProfile.siberium()
    assert network.home.urls == ("http://127.0.0.1:8545", "/run/geth.ipc")
    assert network.deployment == network.home.contracts == DEPLOYED
    far, further = network.remotes
    assert far.profile == ChainProfile(
        name="far", chain_id=137, confirmations=30, block_seconds=2, fees=FeeRule.LEGACY
    )
    assert (far.contracts, far.gateway) == (FAR, (("min_price", 2**128),))
    assert (further.profile.poa, further.contracts, further.gateway) == (True, None, ())
    assert network.remote(56) is network.remote("further") is further
    assert network.figures == Figures(preset=Preset.LOCAL, changes=(("registry", "epoch_length", 700),))


@pytest.mark.parametrize("first", [DEPLOYED, FAR])
def test_addresses_are_added_where_they_belong(tmp_path: Path, first: Deployment | RemoteDeployment) -> None:
    """In either order: comments and order stay, and what is read is what was written."""
    path = written(tmp_path, BARE)
    for chain_id in (111_111, 137, 56):
        rehearse(path, chain_id)
    assert path.read_text() == BARE
    second = FAR if first is DEPLOYED else DEPLOYED
    for contracts in (first, second):
        add_contracts(path, contracts)
    assert path.read_text() == DONE


def test_one_chain_more(tmp_path: Path) -> None:
    """To the last table of a list, at the end of the file, whether or not that ends with a line break."""
    further = attrs.evolve(FAR, chain_id=56)
    for text in (DONE, DONE.rstrip()):
        path = written(tmp_path, text)
        add_contracts(path, further)
        assert path.read_text().startswith(DONE.rstrip())
        assert Network.load(path).remote(56).contracts == further


@pytest.mark.parametrize(
    "home",
    [
        'home = {profile = "siberium"}',
        'home.profile = "siberium"',
        '["home"]\nprofile = "siberium"',
        '[home]\r\nprofile = "siberium"\r\n',
    ],
)
def test_unusual_spellings(tmp_path: Path, home: str) -> None:
    """Written to if it can be read again as it should be, else left alone and told."""
    path = tmp_path / "network.toml"
    path.write_bytes(home.encode())
    try:
        rehearse(path, 111_111)
    except ConfigError as error:
        assert "use [tables]" in str(error)  # noqa: PT017 - either is right
    else:
        add_contracts(path, DEPLOYED)
        assert Network.load(path).deployment == DEPLOYED


def test_addresses_are_not_replaced(tmp_path: Path) -> None:
    """Nor written beside a chain that the file does not have."""
    path = written(tmp_path, DONE)
    for contracts, words in (
        (DEPLOYED, "has contracts already"),
        (FAR, "has contracts already"),
        (attrs.evolve(FAR, chain_id=9), "no remote chain 9"),
    ):
        with pytest.raises(ConfigError, match=words):
            add_contracts(path, contracts)
        with pytest.raises(ConfigError, match=words):
            rehearse(path, contracts.chain_id)
    bare = written(tmp_path, BARE)
    with pytest.raises(ConfigError, match="correct the chain's id"):
        add_contracts(bare, attrs.evolve(DEPLOYED, chain_id=5))
    assert bare.read_text() == BARE


MISTAKES = [
    ("[home]", "[house]", "home.name is missing"),
    ("[home]", "home = 1\n[house]", "is not TOML"),
    (
        'profile = "siberium"',
        'profile = "atlantis"',
        "home.profile cannot be 'atlantis': use one of siberium",
    ),
    ('profile = "siberium"', "chain_id = 1", "home.name is missing"),
    ('profile = "siberium"', 'profile = "siberium"\nchain_id = 1', "home.chain_id is not known"),
    ('urls = ["http://127.0.0.1:8545", "/run/geth.ipc"]', "urls = []", "home.urls: give a list"),
    ('"/run/geth.ipc"', "5", "home.urls: give an http(s) address"),
    ('"/run/geth.ipc"', '"ws://x"', "home.urls: give an address that begins with http"),
    ('urls = ["https://far.example"]', "", "remote[0].urls is missing"),
    ('urls = ["https://far.example"]', 'urls = "https://far.example"', "remote[0].urls: give a list"),
    ("chain_id = 137", "chain_id = -1", "remote[0].chain_id cannot be -1"),
    (
        "chain_id = 137",
        "chain_id = 111111",
        "remote[0].chain_id cannot be 111111: another chain of this file",
    ),
    ("chain_id = 56", "chain_id = 137", "remote[1].chain_id cannot be 137: another chain of this file"),
    ('name = "further"', 'name = "far"', "remote[1].name cannot be 'far': another chain"),
    ('name = "far"', 'name = "siberium"', "remote[0].name cannot be 'siberium': another chain"),
    ("confirmations = 30", "", "remote[0].confirmations is missing"),
    ("confirmations = 30", "confirmations = 1.5", "remote[0].confirmations cannot be 1.5"),
    ("block_seconds = 2", "block_seconds = 0", "remote[0].block_seconds cannot be 0"),
    ("poa = true", "poa = 1", "remote[1].poa cannot be 1: give true or false"),
    ('fees = "legacy"', 'fees = "free"', "remote[0].fees cannot be 'free': use one of auto, eip1559, legacy"),
    ("gateway.min_price", "gateway.price", "remote[0].gateway.price is not known"),
    ("poa = true", "gateway = 5", "remote[1].[gateway] is missing or no table"),
    ("poa = true", "poa = true\ncolour = 3", "remote[1].colour is not known"),
    (
        'preset = "local"',
        'preset = "mainnet"',
        "profile.preset cannot be 'mainnet': use one of production, local",
    ),
    ("registry.epoch_length = 700", "registry.epoch = 700", "profile.registry.epoch is not known"),
    (
        "registry.epoch_length = 700",
        "registry.epoch_length = true",
        "profile.registry.epoch_length cannot be True",
    ),
    ("registry.epoch_length = 700", "hub.bounds.max_fuel = 1", "profile.hub.bounds is not known"),
    ("registry.epoch_length = 700", "registry = 5", "profile.[registry] is missing or no table"),
    (f'token = "{TOKEN}"', "", "home.contracts.token is missing"),
    (f'token = "{TOKEN}"', 'token = "0x12"', "home.contracts.token: an address has 20 bytes"),
    (f'token = "{TOKEN}"', "token = 5", "home.contracts.token: 5 is no address"),
    (TOKEN, "0x" + "ab" * 20, "home.contracts.token: 0xabab"),
    (f'token = "{TOKEN}"', f'token = "{TOKEN}"\nfaucet = "{TOKEN}"', "home.contracts.faucet is not known"),
    (f'verifier = "{FAR_VERIFIER}"', "", "remote[0].contracts.verifier is missing"),
    (
        f'hub = "{HUB}"\nverifier = "{FAR_VERIFIER}"',
        f'hub = "{TOKEN}"\nverifier = "{FAR_VERIFIER}"',
        f"remote[0].contracts.hub cannot be {TOKEN}: home.contracts.hub is {HUB}",
    ),
    ("# the last one\n[[remote]]", "[extra]", "extra is not known"),
    ("[home]", "[home", "is not TOML"),
    ("[home]", "remote = 3\n[home]", "is not TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES)
def test_each_mistake_names_its_key(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """One ConfigError with the file's name and the key's in full."""
    assert right in DONE
    path = written(tmp_path, DONE.replace(right, wrong, 1))
    with pytest.raises(ConfigError) as raised:
        Network.load(path)
    assert message in str(raised.value)
    assert "network.toml" in str(raised.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Not there, no text, or a single table for a list."""
    with pytest.raises(ConfigError, match="No such file"):
        Network.load(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not TOML"):
        Network.load(tmp_path / "odd.toml")
    single = written(tmp_path, '[home]\nprofile = "siberium"\n[remote]\nname = "x"\n')
    with pytest.raises(ConfigError, match=r"remote is no list of tables; write each under \[\[remote\]\]"):
        Network.load(single)


def test_a_named_chain_has_public_endpoints(tmp_path: Path) -> None:
    """Unless the file gives others; a chain with figures of its own has none."""
    path = written(tmp_path, '[home]\nprofile = "siberium-testnet"\n')
    assert Network.load(path) == Network.siberium_testnet()
    with pytest.raises(ConfigError, match=r"home\.urls is missing"):
        Network.load(written(tmp_path, BARE.replace('urls = ["http', '# ["http').replace(
            'profile = "siberium"', 'name = "x"\nchain_id = 5\nconfirmations = 1\nblock_seconds = 1'
        )))  # fmt: skip


NOW = Timestamp(1_000)


def test_figures() -> None:
    """The preset's, but for the changes; bounds are those of hub and gateway at once."""
    assert Figures().profile(genesis_time=NOW) == Profile.production(genesis_time=NOW)
    changes = (("registry", "genesis_time", 7), ("bounds", "max_fuel", 9), ("gateway", "min_price", 3))
    figures = Figures(preset=Preset.LOCAL, changes=changes)
    made, usual = figures.profile(genesis_time=NOW), Profile.local(genesis_time=NOW)
    assert figures.genesis_time == made.registry.genesis_time == 7
    assert made.hub.bounds == made.gateway.bounds == attrs.evolve(usual.hub.bounds, max_fuel=9)
    assert made.gateway.min_price == 3
    assert made.hub == attrs.evolve(usual.hub, bounds=made.hub.bounds)
    assert Figures().genesis_time is None


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """With its permissions, through a link, and nothing is left beside it."""
    path = written(tmp_path, "old")
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    write_atomically(link, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777, link.is_symlink()) == ("new", 0o640, True)
    assert sorted(os.listdir(tmp_path)) == ["link.toml", "network.toml"]  # noqa: PTH208 - names
    with pytest.raises(JournalError, match="cannot be written"):
        write_atomically(tmp_path / "none" / "x", "text")
    with pytest.raises(JournalError, match="cannot be removed"):
        remove(tmp_path)


def test_one_at_a_time(tmp_path: Path) -> None:
    """Whoever comes second is told, and whoever comes later is not kept out."""
    path = written(tmp_path, BARE)
    with locked(path), pytest.raises(ConfigError, match="another process deploys by"), locked(path):
        pass
    with locked(path):
        write_atomically(path, DONE)
    with pytest.raises(ConfigError, match="cannot be read"), locked(tmp_path / "none.toml"):
        pass


def test_a_folder_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems have no descriptors of folders; the file is written all the same."""

    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(atomic_module.os, "open", refuse)
    write_atomically(tmp_path / "x", "text")
    assert (tmp_path / "x").read_text() == "text"
