"""Every key of ``node.toml`` and ``relay.toml``, spoilt in many ways: exit code 2, one line with its name."""

from __future__ import annotations

import copy
import datetime as dt
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainboy import plugins
from chainboy.cid import Cid
from chainboy.node.__main__ import main
from chainboy.node.config import NodeConfig
from chainboy.relay.config import RelayConfig
from chainboy.runner.config import RunnerConfig
from chainboy.serverless.settings import configured
from chainboy.service import MISUSED, STOPPED, exit_code
from chainboy.tables import Table

ADDRESS = "0x04040404040404040404040404040404040404Aa"

HOME = {
    "chain": {
        "url": "http://127.0.0.1:8545", "name": "mine", "chain_id": 1337, "confirmations": 2,
        "block_seconds": 1, "poa": True, "fees": "legacy", "gas_price": 7, "fee_bump_bps": 2000,
        "fee_multiple": 4, "fee_cap": 100, "stuck_seconds": 30.0,
    },
    "contracts": {"deployment": "deployment.json"},
}  # fmt: skip

PATIENCE = {"connect_seconds": 1.0, "timeout_seconds": 2.0, "attempts": 3}

NODE = HOME | {
    "key": {"keystore": "key.json", "password_file": "password"},
    "node": {
        "content": "content", "journal": "journal.sqlite", "poll_seconds": 0.5, "start_block": 77,
        "first_block": 5, "relay": "http://127.0.0.1:8460", "log_level": "debug", "log_format": "json",
    },
    "pool": {"kind": "threads", "workers": 3, "queue": 0},
    "watch": {"listen": "127.0.0.1:9464", "stale_after": 60.0},
    "sources": {
        "timeout_seconds": 5.0, "total_seconds": 20.0, "max_bytes": 1000, "redirects": 1, "tries": 2,
        "allow_http": True, "allow_loopback": True, "allowed_hosts": ["example.org"],
        "denied_hosts": ["example.com"], "denied_networks": ["10.0.0.0/8"],
    },
    "sandboxes": {
        "runner": {"url": "unix:///run/runner.sock", "token_file": "token", "wall_clock_limit": 9.0},
        "wasm": {"cache": "code", "wall_clock_limit": 7.0, "runtime": "cpython-wasm:1"},
        "docker": {
            "images": [f"docker:python@sha256:{'0' * 64}"], "host": "unix:///run/docker.sock",
            "oci_runtime": "runsc", "pull": False, "wall_clock_limit": 7.0, "cpu_seconds": 5,
            "work_mib": 8, "memory_mib": 256, "processes": 9, "cpus": 1.0,
        },
    },
    "events": {
        "polling_seconds": 30.0,
        "polling": {"max_chunk": 9, "sweep_blocks": 5},
        "websocket": {"urls": {"111111": "wss://x.example"}, "silent_blocks": 5},
        "ipn": {"key_file": "ipn", "rules": [1], "url": "wss://x.example", "hash_field": "h", "chain_id": 1},
        "webhooks": {
            "listen": "127.0.0.1:8900",
            "alchemy": {"key_file": "alchemy", "chain_id": 1},
            "ipn": {"key_file": "ipn", "chain_id": 1, "hash_field": "hash"},
            **{name: {"key_file": name, "chain_id": 1} for name in ("moralis", "quicknode", "tenderly")},
        },
    },
    "policy": {
        "min_price": 5, "min_price_per_megafuel": 12, "margin": 30, "modes": ["exact"],
        "allowed": [str(Cid.of(b"program"))], "denied": [str(Cid.of(b"other"))],
        "denied_requesters": [ADDRESS], "delivery": "always", "claim_batch": 10, "claim_after": 3600,
        "finalize_backoff": 0, "enter": True, "profit_gate": True, "min_profit": 5,
        "compute_price_per_gigafuel": 5, "compute_price_per_hour": 5, "min_market_percent": 50,
        "exchange": {"1": 5}, "slash_budget": 5,
    },
}  # fmt: skip
"""A node with a chain of its own and every part that listens, runs or asks."""

OTHER = {
    "network": {"file": "network.toml"},
    "key": {
        "web3signer": "http://127.0.0.1:9000", "address": ADDRESS, "salt_secret_file": "salt",
        "token_file": "token", "ca_file": "ca.pem", "client_certificate": "node.pem",
        "client_key": "node.key", "timeout": 5.0,
    },
    "node": {},
    "journal": {
        "postgres_url_file": "journal-url", "postgres_password_file": "password", "lease_seconds": 5.0,
        "hand_over_seconds": 30.0,
    },
    "content": {
        "directory": {"path": "content"},
        "gateways": {"urls": ["https://ipfs.example"], **PATIENCE},
        "ipfs": {"daemons": ["http://127.0.0.1:5001"], "search_seconds": 5.0, "pins": "pins",
                 "pin_days": 3.0, **PATIENCE},
        "cache": {"path": "cache", "max_bytes": 1000},
    },
    "pool": {"dask": "tcp://127.0.0.1:8786"},
}  # fmt: skip
"""A node of a network's file, with the alternatives to what the other one has."""

FUNCTION = HOME | {
    "key": {"keystore": "key.json", "password_file": "password"},
    "node": {"content": "content", "journal": "journal.sqlite"},
    "serverless": {
        "deadline": 50.0, "reserve": 5.0, "linger": 2.0, "tick_key_file": "tick.key", "name": "node",
        "store": {
            "s3": {
                "bucket": "mine", "prefix": "node/", "endpoint": "https://s3.example", "region": "eu",
                "precondition": "etag",
            },
        },
    },
}  # fmt: skip
"""A node as a function."""

RELAY = {
    "network": {"file": "network.toml"},
    "key": {
        "web3signer": "http://127.0.0.1:9000", "address": ADDRESS, "timeout": 5.0, "token_file": "token",
        "ca_file": "ca.pem", "client_certificate": "relay.pem", "client_key": "relay.key",
    },
    "relay": {
        "chains": ["home"], "unpaid": True, "backstop": True, "margin_bps": 5, "turns": 3,
        "poll_seconds": 0.5, "first_block": 77, "carried": [ADDRESS], "listen": "127.0.0.1:8460",
        "log_level": "debug",
    },
}  # fmt: skip

RUNNER = {
    "runner": {
        "listen": "127.0.0.1:8700", "token_file": "token", "workers": 2, "log_level": "debug",
        "log_format": "json",
    },
    "sandboxes": {},
}  # fmt: skip


class Function:
    """What a function reads of its file."""

    @staticmethod
    def read(file: Table, folder: Path) -> None:
        """The node, and the table of its own."""
        config = NodeConfig.read(file, folder)
        if config.serverless is not None:
            configured(config.serverless, folder)


FILES: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "node": (NodeConfig, "node.toml", NODE),
    "other": (NodeConfig, "node.toml", OTHER),
    "function": (Function, "node.toml", FUNCTION),
    "relay": (RelayConfig, "relay.toml", RELAY),
    "runner": (RunnerConfig, "runner.toml", RUNNER),
}

VALUES: tuple[Any, ...] = (
    -1, 0, 2**63 - 1, 1.5, -0.5, float("nan"), float("inf"), True, "", " ", "x", "\x00", "é", "0x", "0x12",
    "http://", "http://u:p@h", "http://h:99999", "[::", "127.0.0.1:x", [], [[]], [-1], [""], ["x"], {},
    {"x": 1}, {"x": {"y": []}}, "9" * 5000, "-1", dt.date(2026, 1, 1),
)  # fmt: skip
"""Of every type that TOML has, some of which some key takes."""

MAPS = ("urls", "exchange")
"""Keys whose values are tables by chain id."""

ABOVE = {"content": ("chainboy: node.toml: [content]",)}
"""What is missed in another table when a short form for it is missing."""

WRONG = {str: 5, int: "x", float: "x", bool: "yes", list: 5, dict: 5}
"""What no key of such a value can take."""


def keys(tables: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every key and table."""
    for name, value in tables.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from keys(value, (*path, name))


CASES = [(name, path) for name, (_, _, tables) in FILES.items() for path in keys(tables)]


def table(tables: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The table that the path leads to."""
    for name in path:
        tables = tables[name]
    return tables


class Told:
    """How a service with this configuration ends before it does anything."""

    def __init__(self, capsys: pytest.CaptureFixture[str], name: str) -> None:
        self._kind, self._file, self._tables = FILES[name]
        self._capsys = capsys

    def tables(self) -> dict[str, Any]:
        """A copy of them, to be spoilt."""
        return copy.deepcopy(self._tables)

    def __call__(self, tables: dict[str, Any]) -> tuple[int, list[str]]:
        """The exit code, and the lines on standard error."""
        self._capsys.readouterr()
        file = Table(tables, f"{self._file}: ")
        code = exit_code("chainboy", lambda: self._kind.read(file, Path()))
        return code, self._capsys.readouterr().err.splitlines()

    def name(self, *path: str) -> str:
        """A key's full name."""
        return f"{self._file}: {'.'.join(path)}"

    def refused(self, tables: dict[str, Any], *path: str) -> None:
        """One line that names the key, or a table in which it is, and nothing else."""
        code, lines = self(tables)
        assert code == MISUSED, path
        assert len(lines) == 1, lines
        names = [self.name(*path[:-1], shown) for shown in (path[-1], f"[{path[-1]}]")]
        if path[-2:-1] and path[-2] in MAPS:
            names = [self.name(*path[:-1])]
        assert any(lines[0].startswith(f"chainboy: {name}") for name in names), lines


@pytest.fixture(autouse=True)
def _parts_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed does not change from one configuration to the next."""
    monkeypatch.setattr(plugins, "entry_points", found)


found = functools.cache(plugins.entry_points)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], case: tuple[str, tuple[str, ...]]) -> Told:
    """The file that the case is about."""
    return Told(capsys, case[0])


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_good(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the cases spoil is accepted as it is."""
    told = Told(capsys, name)
    assert told(told.tables()) == (STOPPED, [])


def test_every_documented_key_is_spoilt() -> None:
    """No key that the reference has is left out."""
    page = (Path(__file__).parents[3] / "docs" / "reference-config.md").read_text()
    chapters = {each.partition(":")[0]: each for each in page.split("\n## ")}
    of = {"A node": ("node", "other", "function"), "A relay": ("relay",), "A runner": ("runner",)}
    for title, kinds in of.items():
        spoilt = {".".join(path) for name, path in CASES if name in kinds}
        assert documented(chapters[title]) - spoilt == ELSEWHERE[title], title


def documented(chapter: str) -> set[str]:
    """The full names of the keys in a chapter of the reference."""
    names, table = set(), ""
    for line in chapter.splitlines():
        if line.startswith("### "):
            table = line.strip("# `[]")
        elif line.startswith("| `"):
            names.add(f"{table}.{line.split('`')[1]}")
    return names


ELSEWHERE = {
    "A node": {
        *("chain.urls", "chain.profile", "key.secret_file", "key.secret_env"),
        *("journal.postgres_url", "journal.postgres_url_env", "serverless.store.directory.path"),
    },
    "A relay": {"key.keystore", "key.password_file", "key.secret_file", "key.secret_env"},
    "A runner": set(),
}
"""Keys that stand in the place of others; they are spoilt in tests of their own."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {'.'.join(case[1])}")
class TestEachKey:
    """One key or table after the other."""

    def test_of_another_type(self, told: Told, case: tuple[str, tuple[str, ...]]) -> None:
        """Text for a number, a number for text, and so on."""
        *inside, key = case[1]
        spoilt = told.tables()
        here = table(spoilt, tuple(inside))
        here[key] = WRONG[type(here[key])]
        told.refused(spoilt, *case[1])

    def test_of_any_value(self, told: Told, case: tuple[str, tuple[str, ...]]) -> None:
        """Taken, or refused in one line that names it, or the key in it or beside it that it made wrong."""
        *inside, key = case[1]
        for value in VALUES:
            spoilt = told.tables()
            table(spoilt, tuple(inside))[key] = value
            code, lines = told(spoilt)
            assert (code, len(lines)) in ((STOPPED, 0), (MISUSED, 1))
            assert not lines or lines[0].startswith(f"chainboy: {told.name(*inside)}")

    def test_missing(self, told: Told, case: tuple[str, tuple[str, ...]]) -> None:
        """Not needed, or missed by its name or its table's."""
        *inside, key = case[1]
        spoilt = told.tables()
        del table(spoilt, tuple(inside))[key]
        code, lines = told(spoilt)
        assert (code, len(lines)) in ((STOPPED, 0), (MISUSED, 1))
        assert not lines or lines[0].startswith((f"chainboy: {told.name(*inside)}", *ABOVE.get(key, ())))

    def test_with_a_neighbour_that_is_not_known(
        self, told: Told, case: tuple[str, tuple[str, ...]]
    ) -> None:
        """A misspelt key is never passed over."""
        *inside, _ = case[1]
        spoilt = told.tables()
        table(spoilt, tuple(inside))["unheard_of"] = 1
        if not inside or inside[-1] not in MAPS:
            told.refused(spoilt, *inside, "unheard_of")


UNREADABLE = {
    "keystore": 'keystore = "none"\npassword_file = "node.toml"',
    "no keystore": 'keystore = "node.toml"\npassword_file = "node.toml"',
    "password": 'keystore = "node.toml"\npassword_file = "none"',
    "secret": 'secret_file = "none"',
    "no secret": 'secret_file = "node.toml"',
    "a folder": 'secret_file = "."',
    "variable": 'secret_env = "CHAINBOY_NOT_THERE"',
    "salts": f'web3signer = "http://127.0.0.1:9"\naddress = "{ADDRESS}"\nsalt_secret_file = "none"',
}


@pytest.mark.parametrize("table", UNREADABLE.values(), ids=UNREADABLE)
def test_files_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    """They are opened when the node starts: one line, which begins with the table's name."""
    monkeypatch.chdir(tmp_path)
    chain = '[chain]\nurl = "http://127.0.0.1:9"\nprofile = "siberium"\n[contracts]\ndeployment = "d"\n'
    rest = '[node]\ncontent = "c"\njournal = "j"\n'
    Path("node.toml").write_text(f"{chain}[key]\n{table}\n{rest}")
    assert main(["--config", "node.toml"]) == MISUSED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("chainboy node: [key]: ")
