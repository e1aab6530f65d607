"""``chainboy node doctor`` on a real chain, with everything that it looks for really broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from command import chainboy
from node_world import World, configure, secret

from chainboy.consensus.outcome import Outcome, Status
from chainboy.node.checkup import Finding, Grade, examine
from chainboy.node.config import NodeConfig
from chainboy.node.journal import Journal
from chainboy.node.rows import Identity
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.testing.backends import AnvilChain
from chainboy.testing.node_fakes import FakeSandbox
from chainboy.units import Fuel

pytestmark = [pytest.mark.anvil, pytest.mark.xdist_group("node doctor")]

DEAD = "http://127.0.0.1:9"
"""Nobody listens there."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One node's stake on anvil, whose clock is an epoch and more ahead of ours; one request."""
    with AnvilChain() as backend:
        world = World([5], backend=backend)
        world.backend.travel(world.chain.head().timestamp + 3600)
        world.ask()
        yield world


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    """That node's configuration."""
    return configure(world, world.backend.url, secret("node 0"), tmp_path)


def change(path: Path, *changes: tuple[str, str]) -> None:
    """Replace text in the configuration."""
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def found(path: Path, world: World | None) -> dict[str, Finding]:
    """The gravest finding about each thing, by a clock that agrees with the world's."""
    clock = {} if world is None else {"clock": lambda: world.chain.head().timestamp + 0.5}
    grades = list(Grade)
    worst: dict[str, Finding] = {}
    for each in examine(NodeConfig.load(path), **clock):
        if each.what not in worst or grades.index(each.grade) > grades.index(worst[each.what].grade):
            worst[each.what] = each
    return worst


def bad(findings: dict[str, Finding]) -> dict[str, str]:
    """What is not well, with its grade."""
    return {what: each.grade.value for what, each in findings.items() if each.grade is not Grade.OK}


def test_a_node_that_is_well(path: Path, world: World) -> None:
    """Every check finds what is there, and leaves no journal behind."""
    findings = found(path, world)
    assert bad(findings) == {}
    assert set(findings) == {
        "endpoint", "clock", "contracts", "key", "signer", "balance", "seat", "network",
        "sandbox", "content", "sources", "events", "journal", "disk",
    }  # fmt: skip
    assert world.signers[0].address in findings["key"].found
    assert findings["seat"].found.startswith("5 tokens active")
    assert findings["events"].found.startswith("1 requests since")
    assert "as released" in findings["sandbox"].found
    assert not (path.parent / "journal.sqlite").exists()


def test_a_wrong_clock_by_the_command(path: Path) -> None:
    """The chain is an hour ahead: a FAIL with what to do, and exit code 1; as lines and as JSON."""
    told = chainboy("node", "doctor", "--config", path)
    assert (told.code, told.err) == (1, "")
    (wrong,) = (line for line in told.out.splitlines() if line.startswith("FAIL"))
    assert "ahead of this clock" in wrong
    assert wrong.endswith("-> set this machine's clock by NTP")
    table = chainboy("node", "doctor", "--config", path, "--json")
    assert table.code == 1
    assert not json.loads(table.out)["ok"]


def test_another_chain(path: Path, world: World) -> None:
    """Nothing of the chain is believed then; what does not need it is checked."""
    change(path, (f"chain_id = {world.chain.chain_id}", "chain_id = 111111"))
    findings = found(path, world)
    assert findings["endpoint"].grade is Grade.FAIL
    assert f"serves chain {world.chain.chain_id}, not" in findings["endpoint"].found
    assert bad(findings) == {"endpoint": "FAIL"} | dict.fromkeys(
        ("clock", "contracts", "balance", "seat", "events"), "warn"
    )


def test_nobody_listens(path: Path, world: World) -> None:
    """The endpoint is named without what may be secret in it."""
    change(path, (world.backend.url, f"{DEAD}/v3/SECRETKEY"))
    findings = found(path, None)
    assert findings["endpoint"].grade is Grade.FAIL
    assert findings["endpoint"].found.startswith(f"{DEAD}: ")
    assert not any("SECRETKEY" in each.found + each.advice for each in findings.values())
    assert findings["sandbox"].grade is Grade.OK


def test_a_key_without_coins_or_tokens(world: World, tmp_path: Path) -> None:
    """What to send, and that it is to be bonded."""
    path = configure(world, world.backend.url, secret("nobody"), tmp_path)
    findings = found(path, world)
    assert bad(findings) == {"balance": "FAIL", "seat": "FAIL"}
    assert "at least" in findings["balance"].advice
    assert "chainboy node join" in findings["seat"].advice


def test_a_key_that_does_not_open(path: Path, world: World) -> None:
    """Told once; what needs the key is not checked."""
    (path.parent / "password").write_text("wrong")
    findings = found(path, world)
    assert bad(findings) == {"key": "FAIL", "signer": "warn", "balance": "warn", "seat": "warn"}
    (path.parent / "key.json").unlink()
    assert bad(found(path, world))["key"] == "FAIL"


def test_anothers_journal(path: Path, world: World) -> None:
    """Of another node: named. No folder: named. Its own: opened."""
    journal = path.parent / "journal.sqlite"
    mine = Identity(chain_id=world.chain.chain_id, hub=world.deployment.hub, node=world.signers[0].address)
    Journal(journal, mine).close()
    assert bad(found(path, world)) == {}
    journal.unlink()
    other = Identity(chain_id=1, hub=world.deployment.hub, node=world.faucet.address)
    Journal(journal, other).close()
    findings = found(path, world)
    assert bad(findings) == {"journal": "FAIL"}
    assert "belongs to" in findings["journal"].found
    change(path, ("journal.sqlite", "missing/journal.sqlite"))
    assert bad(found(path, world)) == {"journal": "FAIL", "disk": "FAIL"}


@pytest.mark.parametrize(
    "table",
    ['[content.ipfs]\ndaemons = ["{dead}"]', '[content.gateways]\nurls = ["{dead}"]'],
    ids=["daemon", "gateway"],
)
def test_content_that_cannot_be_reached(path: Path, table: str) -> None:
    """A daemon or gateway that is down: a FAIL, or a warning beside a folder that works."""
    down = table.format(dead=DEAD) + "\ntimeout_seconds = 2\n[pool]"
    change(path, ('content = "content"\n', ""), ("[pool]", down))
    assert [each.grade for each in places(path)] == [Grade.FAIL]
    change(path, ("[pool]", '[content.directory]\npath = "content"\n[pool]'))
    assert [each.grade for each in places(path)] == [Grade.OK, Grade.WARN]


def test_a_folder_that_is_a_file(path: Path) -> None:
    """The store is really written to."""
    (path.parent / "content").write_text("taken")
    assert [each.grade for each in places(path)] == [Grade.FAIL]


def places(path: Path) -> list[Finding]:
    """What is said about content."""
    return [each for each in examine(NodeConfig.load(path)) if each.what == "content"]


def test_sandboxes_that_are_not_as_released(path: Path) -> None:
    """One that computes something else, one that lacks its image, and one that breaks in a way of its own."""
    config = NodeConfig.load(path)

    def told(sandbox: object) -> Finding:
        changed = attrs.evolve(config, sandboxes=(sandbox,))
        (found,) = (each for each in examine(changed) if each.what == "sandbox")
        return found

    assert "should be" in told(Wrong()).found
    assert told(FakeSandbox()).found == "FakeSandbox serves no runtime"
    assert told(Engineless()).found == "Engineless cannot run docker:x@sha256:1 now"
    assert told(None).found.startswith("AttributeError: ")
    assert {told(each).grade for each in (Wrong(), FakeSandbox(), Engineless(), None)} == {Grade.FAIL}


class Wrong(WasmSandbox):
    """A runtime that is broken."""

    def run(self, job: Job) -> Run:  # noqa: ARG002 - the protocol's signature
        """One, whatever was asked."""
        return Run(outcome=Outcome(Status.OK, Fuel(5), bytes(31) + b"\x01"))


class Engineless(FakeSandbox):
    """A sandbox of images without its engine."""

    images = ("docker:x@sha256:1",)

    def serves(self, runtime: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nothing, now."""
        return False


def test_contracts_that_are_nowhere(path: Path, world: World) -> None:
    """A deployment file that is missing is told once, and all that needs it is not checked."""
    (path.parent / "deployment.json").unlink()
    grades = [each.grade for each in found(path, world).values()]
    assert grades.count(Grade.FAIL) == 1
    assert found(path, world)["clock"].found == "not checked: for the same reason"


def test_another_networks_contracts(path: Path, world: World) -> None:
    """The deployment's addresses are not contracts at all."""
    deployment = path.parent / "deployment.json"
    deployment.write_text(deployment.read_text().replace(world.deployment.hub, world.faucet.address))
    findings = found(path, world)
    assert findings["contracts"].grade is Grade.FAIL
    assert "no contract of this kind" in findings["contracts"].found
