"""The configuration file: what it means, and one sentence with the key's name for every mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chainboy.chain import Capped, ChainProfile, FeeRule, Fixed, Price, Spending
from chainboy.cid import Cid
from chainboy.consensus.fields import to_address
from chainboy.consensus.params import Mode
from chainboy.content import DirectoryStore
from chainboy.errors import ConfigError, WrongChain
from chainboy.events.polling import polling
from chainboy.node.__main__ import main
from chainboy.node.config import Home, NodeConfig
from chainboy.node.policy import Delivery, Policy
from chainboy.pool.settings import Kind, PoolSettings
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.service import FAILED, MISUSED, STOPPED, LogLevel
from chainboy.sources import Guard, WebSources

FULL = """
[sources]
allow_http = true

[chain]
url = "http://127.0.0.1:8545"
name = "mine"
chain_id = 1337
confirmations = 2
block_seconds = 1
poa = true
fees = "legacy"

[contracts]
deployment = "deployment.json"

[key]
keystore = "keys/node.json"
password_file = "/run/secrets/password"

[node]
content = "content"
journal = "node.sqlite"
poll_seconds = 0.5
start_block = 77
log_level = "debug"

[pool]
kind = "threads"
workers = 3
queue = 0

[policy]
min_price = "340282366920938463463374607431768211456"
min_price_per_megafuel = 12
margin = 30
modes = ["exact", "RANDOM"]
allowed = ["{cid}"]
denied_requesters = ["0x0404040404040404040404040404040404040404"]
delivery = "always"
claim_batch = 10
claim_after = 3600
finalize_backoff = 0
enter = true
""".replace("{cid}", str(Cid.of(b"program")))

SHORT = """
[chain]
url = "https://rpc.example"
profile = "siberium"
[contracts]
deployment = "d"
[key]
keystore = "k"
password_file = "p"
[node]
content = "c"
journal = "j"
"""


def load(folder: Path, text: str) -> NodeConfig:
    """The configuration in a file with this text."""
    path = folder / "node.toml"
    path.write_text(text)
    return NodeConfig.load(path)


def test_endpoints_and_what_may_be_paid(tmp_path: Path) -> None:
    """Several endpoints in their order; every figure of what a transaction may come to cost."""
    keys = """urls = ["https://a.example", "/run/geth.ipc"]
fee_cap = "100000000000"
fee_multiple = 4
fee_bump_bps = 2000
gas_price = 7
stuck_seconds = 30
"""
    home = load(tmp_path, SHORT.replace('url = "https://rpc.example"\n', keys)).home
    assert isinstance(home, Home)
    assert home.urls == ("https://a.example", "/run/geth.ipc")
    fixed = Fixed(Price(maximum=7))
    fees = Capped(base=fixed, bump_bps=2_000, multiple=4, cap=10**11)
    assert home.spending == Spending(fees=fees, stuck_seconds=30.0)


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each key lands where it belongs; paths are relative to the file, amounts may exceed 64 bits."""
    config = load(tmp_path, FULL)
    profile = ChainProfile(
        name="mine", chain_id=1337, confirmations=2, block_seconds=1, poa=True, fees=FeeRule.LEGACY
    )
    assert config.home == Home(
        chain=profile, urls=("http://127.0.0.1:8545",), deployment=tmp_path / "deployment.json"
    )
    assert config.key.keystore == tmp_path / "keys" / "node.json"
    assert config.key.password_file == Path("/run/secrets/password")
    assert config.content == DirectoryStore(tmp_path / "content")
    assert config.journal == tmp_path / "node.sqlite"
    assert (config.poll_seconds, config.start_block) == (0.5, 77)
    assert config.pool == PoolSettings(kind=Kind.THREADS, workers=3, queue=0)
    assert config.log_level is LogLevel.DEBUG
    assert config.sources == WebSources(guard=Guard(allow_http=True))
    assert config.policy == Policy(
        min_price=2**128,
        min_price_per_megafuel=12,
        margin=30,
        modes=frozenset({Mode.EXACT, Mode.RANDOM}),
        allowed=frozenset({Cid.of(b"program").digest}),
        denied_requesters=frozenset({to_address(b"\4" * 20)}),
        delivery=Delivery.ALWAYS,
        claim_batch=10,
        claim_after=3600,
        finalize_backoff=0,
        enter=True,
    )


def test_defaults(tmp_path: Path) -> None:
    """What is left out has the documented default."""
    config = load(tmp_path, SHORT)
    assert isinstance(config.home, Home)
    assert config.home.chain == ChainProfile.siberium()
    assert config.policy == Policy()
    assert (config.poll_seconds, config.start_block) == (1.0, None)
    assert config.pool == PoolSettings(kind=Kind.PROCESSES, workers=2, queue=2)
    assert config.sources is None
    assert load(tmp_path, SHORT + "[sources]\n").sources == WebSources()


PARTS = """
[sandboxes.wasm]
cache = "code"
wall_clock_limit = 7
[content.directory]
path = "kept"
[events.polling]
max_chunk = 9
"""


def test_parts_by_name(tmp_path: Path) -> None:
    """Each part takes its own table; nothing of it is opened."""
    config = load(tmp_path, SHORT.replace('content = "c"\n', "") + PARTS)
    assert config.content == DirectoryStore(tmp_path / "kept")
    assert [type(sandbox) for sandbox in config.sandboxes] == [WasmSandbox]
    assert list(tmp_path.iterdir()) == [tmp_path / "node.toml"]


def test_the_usual_parts(tmp_path: Path) -> None:
    """Without tables for them a node has the WebAssembly sandbox, and polls."""
    config = load(tmp_path, SHORT)
    assert [type(sandbox) for sandbox in config.sandboxes] == [WasmSandbox]
    assert config.watcher is polling


@pytest.mark.parametrize(
    ("table", "listen", "private"),
    [
        ("", ("127.0.0.1", 9464), True),
        ('listen = "[::1]:1"', ("::1", 1), True),
        ('listen = "localhost:0"', ("localhost", 0), True),
        ('listen = "0.0.0.0:80"', ("0.0.0.0", 80), False),  # noqa: S104 - an operator may want it
        ('listen = "node.example:80"', ("node.example", 80), False),
    ],
)
def test_where_a_node_can_be_watched(
    tmp_path: Path, table: str, listen: tuple[str, int], private: bool
) -> None:
    """Nowhere without the table, on this machine alone without an address in it."""
    assert load(tmp_path, SHORT).watch is None
    watch = load(tmp_path, f"{SHORT}[watch]\n{table}\nstale_after = 9\n").watch
    assert watch is not None
    assert (watch.listen, watch.private, watch.stale_after) == (listen, private, 9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[node]", "[content.directory]\n[node]", "node.content is what [content.directory] gives"),
        ('content = "c"', "", "[content] is missing or no table"),
        ("[node]", "[sandboxes.wasm]\nmemory = 1\n[node]", "sandboxes.wasm.memory is not known"),
        ("[node]", "[sandboxes]\nwasm = 1\n[node]", "sandboxes.[wasm] is missing or no table"),
        ("[node]", "[sandboxes.none]\n[node]", "sandboxes.none is not known; install its package"),
        ("[node]", "[events.polling]\nmax_chunk = 0\n[node]", "events.polling.max_chunk cannot be 0"),
    ],
)
def test_parts_that_are_none(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A part's mistakes are told like all others."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(tmp_path, SHORT.replace(old, new))


_MISSING = "is missing; add it"
_UNKNOWN = "is not known; remove it or correct its name"


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ("[contracts]", "[contract]", "[contracts]", "is missing or no table; add it, or correct contract"),
        ("deployment =", "deplyoment =", "contracts.deployment", f"{_MISSING}, or correct deplyoment"),
        ("deployment =", "banana =", "contracts.deployment", _MISSING),
        ("[node]", "[node]\npoll_second = 1", "node.poll_second", f"{_UNKNOWN}, perhaps to poll_seconds"),
        ("[node]", "[polices]\n[node]", "polices", f"{_UNKNOWN}, perhaps to policy"),
        ("[node]", "[node]\nbanana = 1", "node.banana", _UNKNOWN),
    ],
)
def test_slips_of_the_keyboard(tmp_path: Path, old: str, new: str, key: str, what: str) -> None:
    """What was meant is guessed only where there is something like it."""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, SHORT.replace(old, new))
    told = str(raised.value).removesuffix(" if that is meant")
    assert told == f"{tmp_path / 'node.toml'}: {key} {what}"


HOME = SHORT[: SHORT.index("[key]")]
"""The tables that a network's file replaces."""


def test_a_networks_file_instead(tmp_path: Path) -> None:
    """It has the chain and the contracts; its path is relative to this file."""
    config = load(tmp_path, SHORT.replace(HOME, '[network]\nfile = "network.toml"\n'))
    assert config.home == tmp_path / "network.toml"


@pytest.mark.parametrize(
    ("instead", "message"),
    [
        ('[network]\nfile = "n"\n[chain]\nurl = "u"', "[chain] is what [network] gives"),
        ('[network]\nfile = "n"\n[contracts]\n', "[contracts] is what [network] gives"),
        ('[network]\nfile = "n"\nname = "x"\n', "network.name is not known"),
        ("[network]\n", "network.file is missing"),
        ("network = 5\n", "[network] is missing or no table"),
    ],
)
def test_one_of_both(tmp_path: Path, instead: str, message: str) -> None:
    """Never half from one file and half from the other."""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, SHORT.replace(HOME, instead + "\n"))
    assert message in str(raised.value)


MISTAKES = [
    ('url = "https://rpc.example"', "", "chain.url is missing"),
    ('url = "https://rpc.example"', "url = 5", "chain.url: give an http(s) address, or the path"),
    ('url = "https://rpc.example"', "urls = []", "chain.urls: give a list of one address"),
    ('url = "https://rpc.example"', 'urls = ["ws://a"]', "chain.urls: give an address that begins with http"),
    ("[contracts]", 'urls = ["https://b"]\n[contracts]', "chain.url is one of"),
    ("[contracts]", "fee_bump_bps = 999\n[contracts]", "chain.fee_bump_bps cannot be 999: give 1000 or more"),
    ("[contracts]", "fee_multiple = 0\n[contracts]", "chain.fee_multiple cannot be 0"),
    ("[contracts]", "fee_cap = -1\n[contracts]", "chain.fee_cap cannot be -1"),
    ("[contracts]", 'gas_price = "dear"\n[contracts]', "chain.gas_price cannot be 'dear'"),
    ("[contracts]", "stuck_seconds = 0\n[contracts]", "chain.stuck_seconds cannot be 0: give seconds"),
    ('url = "https://rpc.example"', 'url = ""', "chain.url: give an http(s) address, or the path"),
    ('profile = "siberium"', 'profile = "atlantis"', "chain.profile cannot be 'atlantis': use one of"),
    ('profile = "siberium"', "profile = []", "chain.profile cannot be"),
    ('profile = "siberium"', "chain_id = 0", "chain.chain_id cannot be 0: give a whole number, 1 or more"),
    ('profile = "siberium"', "chain_id = true", "chain.chain_id cannot be True"),
    ('profile = "siberium"', "chain_id = 1", "chain.confirmations is missing"),
    ('profile = "siberium"', 'profile = "siberium"\nconfirmations = 1', "chain.confirmations is not known"),
    ('deployment = "d"', "", "contracts.deployment is missing"),
    ("[contracts]", "[contract]", "[contracts] is missing"),
    ('journal = "j"', "[journal]", "journal has no URL; add one of"),
    ('journal = "j"', 'journal = "j"\n[journal]\npostgres_url = "x"', "node.journal is a file, and"),
    ('journal = "j"', 'journal = "j"\nworkers = 3', "node.workers has moved; write workers in"),
    ('journal = "j"', 'journal = "j"\n[pool]\nworkers = 0', "pool.workers cannot be 0"),
    ('journal = "j"', 'journal = "j"\npoll_seconds = -1', "node.poll_seconds cannot be -1: give seconds"),
    ('journal = "j"', 'journal = "j"\npoll_seconds = nan', "node.poll_seconds cannot be nan"),
    ('journal = "j"', 'journal = "j"\nlog_level = "loud"', "node.log_level cannot be 'loud': use one of"),
    ('journal = "j"', 'journal = "j"\nlog_format = "xml"', "node.log_format cannot be 'xml': use one of"),
    ('journal = "j"', 'journal = "j"\n[watch]\nlisten = "9464"', "watch.listen cannot be '9464': give a"),
    ('journal = "j"', 'journal = "j"\n[watch]\nlisten = "x:70000"', "watch.listen cannot be"),
    ('journal = "j"', 'journal = "j"\n[watch]\nstale_after = 0', "watch.stale_after cannot be 0"),
    ('journal = "j"', 'journal = "j"\n[watch]\nport = 1', "watch.port is not known"),
    ('journal = "j"', 'journal = "j"\nstart_block = 1.5', "node.start_block cannot be 1.5"),
    ('journal = "j"', 'journal = "j"\njurnal = "x"', "node.jurnal is not known"),
    ('journal = "j"', 'journal = "j"\n[policy]\nmin_price = -1', "policy.min_price cannot be -1"),
    ('journal = "j"', 'journal = "j"\n[policy]\nmin_price = "1e18"', "policy.min_price cannot be '1e18'"),
    ('journal = "j"', 'journal = "j"\n[policy]\nmodes = "exact"', "policy.modes cannot be 'exact': give a"),
    ('journal = "j"', 'journal = "j"\n[policy]\nmodes = ["guess"]', "policy.modes cannot be"),
    ('journal = "j"', 'journal = "j"\n[policy]\ndenied = ["Qm"]', "policy.denied"),
    ('journal = "j"', 'journal = "j"\n[policy]\ndenied_requesters = ["0x12"]', "policy.denied_requesters"),
    ('journal = "j"', 'journal = "j"\n[policy]\ndenied_requesters = [5]', "policy.denied_requesters"),
    ('journal = "j"', 'journal = "j"\n[policy]\ndelivery = "soon"', "use one of never, if-paid, always"),
    ('journal = "j"', 'journal = "j"\n[policy]\nenter = 1', "policy.enter cannot be 1: give true or false"),
    ('journal = "j"', 'journal = "j"\n[policy]\nprice = 1', "policy.price is not known"),
    ('journal = "j"', 'journal = "j"\n[extra]\nkey = 1', "extra is not known"),
    ("[chain]", "[chain", "is not TOML"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES)
def test_each_mistake_names_its_key(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    """Missing, unknown and malformed values are each one ConfigError."""
    assert right in SHORT
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, SHORT.replace(right, wrong))
    assert message in str(raised.value)
    assert "node.toml" in str(raised.value)


def test_missing_file_is_told(tmp_path: Path) -> None:
    """As one sentence."""
    with pytest.raises(ConfigError, match="No such file"):
        NodeConfig.load(tmp_path / "none.toml")


def test_bad_configuration_ends_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard error, no traceback."""
    (tmp_path / "node.toml").write_text(SHORT.replace("profile", "profil"))
    assert main(["--config", str(tmp_path / "node.toml")]) == MISUSED
    told = capsys.readouterr().err
    assert told.startswith("chainboy node: ")
    assert len(told.splitlines()) == 1


def test_unreadable_key_ends_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A password file that is not there is a mistake of the configuration too."""
    (tmp_path / "node.toml").write_text(SHORT)
    assert main(["--config", str(tmp_path / "node.toml")]) == MISUSED
    assert "the password file " in capsys.readouterr().err


def test_other_failures_end_with_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the configuration is not to blame for is told as shortly."""

    def fail(_config: NodeConfig) -> None:
        raise WrongChain("the endpoint serves chain 5, not siberium (111111); correct the endpoint")

    (tmp_path / "node.toml").write_text(SHORT)
    assert main(["--config", str(tmp_path / "node.toml")], make=fail) == FAILED
    assert "serves chain 5" in capsys.readouterr().err


def test_told_to_stop_ends_with_code_0(tmp_path: Path) -> None:
    """SIGTERM ends the node after its round of work, and lets its journal go."""
    import os  # noqa: PLC0415 - for this test alone
    import signal  # noqa: PLC0415

    class Idle:
        address = "0x0"
        closed = False

        def run(self, stop, *, pause):  # noqa: ANN001, ANN202 - a node's
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.wait(5)
            assert pause == 1.0

        def close(self) -> None:
            Idle.closed = True

    (tmp_path / "node.toml").write_text(SHORT)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        assert main(["--config", str(tmp_path / "node.toml")], make=lambda _config: Idle()) == STOPPED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert Idle.closed
