"""When a replica hands over because its rounds of work fail, by a clock that the test sets."""

from __future__ import annotations

import contextlib
from typing import Any

import attrs
import pytest

from chainboy.chain.rpc import RpcRefused
from chainboy.errors import ChainBoyError, ChainError, JournalUnavailable
from chainboy.node.replicas.patience import Patience

LIMIT = 60.0

GONE = ChainError("connection refused")


@attrs.define
class Scene:
    """A node whose rounds the test tells of; ``opened`` is what it says of the last one."""

    opened: bool = False
    now: float = 1_000.0
    reasons: list[str] = attrs.field(factory=list)
    patience: Patience = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.patience = Patience(LIMIT, self.reasons.append, now=lambda: self.now)
        self.patience.follow(self)

    def round(self, seconds: float, error: ChainBoyError | None, *, opened: bool = False) -> None:
        """A round of so many seconds has just ended."""
        self.now += seconds
        self.opened = opened
        self.patience.stepped(seconds, error)


@pytest.fixture
def scene() -> Scene:
    """Nothing has failed yet."""
    return Scene()


def test_rounds_that_fail_for_long_hand_over(scene: Scene) -> None:
    """From the beginning of the first one on, and not before the time is over."""
    scene.round(10, GONE)
    scene.now += 49
    scene.round(0.9, GONE)
    assert scene.reasons == []
    scene.round(0.1, GONE)
    assert scene.reasons == ["no round of work has reached its tasks for 60 s: connection refused"]


@pytest.mark.parametrize("error", [None, GONE])
def test_a_round_that_gets_to_its_tasks_begins_anew(scene: Scene, error: ChainError | None) -> None:
    """Even if some task fails then: that is not the endpoint of the home chain, or not all of it."""
    scene.round(59, GONE)
    scene.round(1, error, opened=True)
    scene.round(59, GONE)
    assert scene.reasons == []
    scene.round(1, GONE)
    assert len(scene.reasons) == 1


def test_tasks_that_fail_keep_the_lease(scene: Scene) -> None:
    """However long."""
    for _ in range(10):
        scene.round(LIMIT, GONE, opened=True)
    assert scene.reasons == []


def test_a_journal_that_fails_is_no_endpoint(scene: Scene) -> None:
    """What the replica does then is another matter; nor does it make the endpoint well."""
    scene.round(2 * LIMIT, JournalUnavailable("gone"))
    assert scene.reasons == []
    scene.round(LIMIT - 1, GONE)
    scene.round(1, JournalUnavailable("gone"))
    assert scene.reasons == []
    scene.round(0, GONE)
    assert len(scene.reasons) == 1


class Refusing:
    """An endpoint that answers, but for transactions; ``error`` is what it says to these."""

    def __init__(self, *, code: int) -> None:
        self.code = code

    def once(self, method: str, *_: object) -> object:
        """All is well, or not."""
        if method == "eth_sendRawTransaction" and self.code:
            raise RpcRefused(method, self.code, "no")
        return "0x1"


def sending(scene: Scene, code: int) -> FakeChain:
    """A chain whose endpoint answers so to transactions, and one transaction that the node has tried."""
    chain = FakeChain(Refusing(code=code))
    scene.patience.around(chain)  # type: ignore[arg-type]
    send(chain)
    return chain


def send(chain: FakeChain) -> None:
    """One more."""
    with contextlib.suppress(RpcRefused):
        chain.rpc.once("eth_sendRawTransaction", "0x")


@attrs.define
class FakeChain:
    """What is asked of it here."""

    rpc: Any


@pytest.mark.parametrize("error", [None, GONE])
def test_an_endpoint_that_takes_nothing_hands_over(scene: Scene, error: ChainError | None) -> None:
    """Though its rounds are good, or fail at tasks alone; not once it takes transactions again."""
    chain = sending(scene, -32_601)
    scene.round(59, error, opened=True)
    chain.rpc.once("eth_blockNumber")
    assert scene.reasons == []
    scene.round(1, error, opened=True)
    (reason,) = scene.reasons
    assert reason.startswith("no transaction has been taken for 60 s: the endpoint refused eth_sendRaw")
    chain.rpc._inner.code = 0
    send(chain)
    scene.round(LIMIT, error, opened=True)
    assert len(scene.reasons) == 1


@pytest.mark.parametrize(("code", "hands_over"), [(-32_000, 0), (-32_003, 0), (3, 0), (-32_005, 1)])
def test_a_bad_transaction_is_no_bad_endpoint(scene: Scene, code: int, hands_over: int) -> None:
    """Too few coins, too low a price, a nonce that is taken: another replica could not send it either."""
    sending(scene, code)
    scene.round(LIMIT, None, opened=True)
    assert len(scene.reasons) == hands_over


def test_a_long_round_is_no_failure(scene: Scene) -> None:
    """A node that reads far back is at work."""
    scene.round(10 * LIMIT, None, opened=True)
    scene.now += 10 * LIMIT
    scene.round(1, GONE)
    assert scene.reasons == []
