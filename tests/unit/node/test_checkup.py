"""What figures mean for a node, at their borders; and errors as findings."""

from __future__ import annotations

import attrs
import pytest

from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.contracts.registry import NodeState
from chainboy.errors import ChainError
from chainboy.node.checkup import judging
from chainboy.node.checkup.finding import Finding, Grade, doubtful, failed, to_lines, to_table, told, well
from chainboy.node.checkup.patient import shown
from chainboy.units import Address, Epoch, Timestamp, Wei, Weight

OWNER = Address("0x" + "11" * 20)
STATE = NodeState(
    owner=OWNER,
    payout=OWNER,
    bonded=Weight(9),
    unbonding=Weight(0),
    release_epoch=Epoch(0),
    weight=Weight(9),
    last_active_epoch=Epoch(7),
    jailed_epoch=Epoch(0),
    locked_until_epoch=Epoch(0),
    active=True,
    tombstoned=False,
)


@pytest.mark.parametrize(
    ("age", "grade"),
    [(-16, "FAIL"), (-15, "ok"), (0, "ok"), (30, "ok"), (31, "warn"), (75, "warn"), (76, "FAIL")],
)
def test_clock(age: int, grade: str) -> None:
    """Blocks of 3 seconds: 15 s of slack, then 5 and 20 blocks."""
    assert judging.clock(Timestamp(10**9), 10**9 + age, 3).grade.value == grade


@pytest.mark.parametrize(
    ("balance", "grade", "told_"),
    [
        (0, "FAIL", "send the node's address at least 40000000 wei"),
        (399_999, "FAIL", "at least 40000000 wei"),
        (400_000, "warn", "send the node's address 39600000 wei or more"),
        (40_000_000 - 1, "warn", "1 wei or more"),
        (40_000_000, "ok", ""),
    ],
)
def test_purse(balance: int, grade: str, told_: str) -> None:
    """None for one task, for a hundred, for more; what to send makes a hundred."""
    found = judging.purse(Wei(balance), 1)
    assert found.grade.value == grade
    assert told_ in found.advice


def test_a_purse_that_nobody_needs() -> None:
    """A relay carries, or gas is free."""
    assert judging.purse(Wei(0), 5, carried=True).grade is Grade.OK
    assert judging.purse(Wei(0), 0).grade is Grade.OK


@pytest.mark.parametrize(
    ("change", "weight", "epoch", "grade", "words"),
    [
        ({}, 9, 8, "ok", "9 tokens active in epoch 8"),
        ({"owner": ZERO_ADDRESS, "active": False}, 0, 8, "FAIL", "nobody has registered"),
        ({"tombstoned": True, "active": False}, 9, 8, "FAIL", "forgery"),
        ({"active": False}, 9, 8, "FAIL", "no seat"),
        ({"jailed_epoch": Epoch(8)}, 9, 8, "warn", "jailed in epoch 8"),
        ({"jailed_epoch": Epoch(7)}, 9, 8, "ok", "9 tokens"),
        ({}, 0, 8, "warn", "from epoch 9 on"),
        ({}, 0, 0, "warn", "from epoch 1 on"),
        ({}, 9, 20, "ok", "9 tokens"),
        ({}, 9, 21, "warn", "since epoch 7"),
    ],
)
def test_seat(change: dict[str, object], weight: int, epoch: int, grade: str, words: str) -> None:
    """The gravest thing is told; a seat may be taken from who was silent for 14 epochs."""
    state = attrs.evolve(STATE, **change)
    found = judging.seat(state, weight=Weight(weight), epoch=Epoch(epoch), idle_epochs=14)
    assert found.grade.value == grade
    assert words in found.found
    assert bool(found.advice) == (grade != "ok")


def test_network_disk_and_sources() -> None:
    """Their borders."""
    assert judging.quorum(Weight(1)).grade is Grade.OK
    assert judging.quorum(Weight(0)).grade is Grade.WARN
    grades = [judging.space(free).grade.value for free in ((64 << 20) - 1, 64 << 20, (1 << 30) - 1, 1 << 30)]
    assert grades == ["FAIL", "warn", "warn", "ok"]
    assert judging.sources(served=False, allow_http=True).grade is Grade.OK
    assert judging.sources(served=True).grade is Grade.OK
    risky = judging.sources(served=True, allow_http=True, allow_loopback=True)
    assert (risky.grade, risky.found) == (Grade.WARN, "programs may read http and loopback addresses")


def test_findings_as_lines_and_as_a_table() -> None:
    """One line each, in columns; the whole is not ok if one thing failed."""
    found = [
        well("clock", "fine"),
        doubtful("disk", "little", "make room"),
        Finding(Grade.OK, "key", "opens"),
    ]
    assert list(to_lines(found)) == [
        "ok    clock      fine",
        "warn  disk       little  -> make room",
        "ok    key        opens",
    ]
    assert to_table(found)["ok"]
    broken = to_table([*found, failed("seat", "none", "join")])
    assert not broken["ok"]
    assert broken["findings"][-1] == {"grade": "FAIL", "what": "seat", "found": "none", "advice": "join"}


def test_errors_bring_their_advice() -> None:
    """What follows the last semicolon; line breaks never reach a terminal."""
    assert told(ChainError("a; b\nc; use another")) == ("a; b c", "use another")
    assert told(OSError("no\nroom")) == ("no room", "see what it says")
    assert told(ChainError()) == ("ChainError", "see what it says")


def test_an_endpoint_shows_no_secret() -> None:
    """Keys stand in paths, queries and user names."""
    assert shown("https://me:pass@rpc.example.org:8545/v3/KEY?k=KEY") == "https://rpc.example.org:8545"
    assert shown("https://rpc.example.org/KEY") == "https://rpc.example.org"
    assert shown("/run/geth.ipc") == "/run/geth.ipc"
