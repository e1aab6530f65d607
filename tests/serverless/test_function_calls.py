"""Calls that come at once, are killed, overtaken, too short or fail: nothing is done twice or lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainboy.consensus.outcome import Outcome, Status
from chainboy.contracts.hub_events import Committed
from chainboy.errors import ChainError, StoreUnavailable
from chainboy.node.journal import Journal
from chainboy.node.runner import Node
from chainboy.sandbox.protocol import Job
from chainboy.serverless import Budget, Function, Kept, MemoryResults, Request, Response, ResultStore, Tick
from chainboy.testing.node_conformance import BOND, TRANSACTIONS, check_task
from chainboy.testing.node_fakes import FakeSandbox, echo
from chainboy.testing.node_stage import NodeStage
from chainboy.units import TaskId

pytestmark = pytest.mark.chain

WORD = bytes(31) + b"\5"
SECRET = "a secret in the path"  # noqa: S105 - that is the point
LATER = 10_000.0
"""Seconds after which nobody waits for a call any more."""


@pytest.fixture(scope="module")
def stage() -> Iterator[NodeStage]:
    """A chain where each block is final: a task can be over within one call."""
    made = NodeStage([BOND])
    yield made
    made.backend.close()


class Instances:
    """Instances of one function: each new one a process of its own, as far as it knows."""

    def __init__(self, stage: NodeStage) -> None:
        self.stage = stage
        self.store: ResultStore = MemoryResults()
        self.start = stage.chain.head().number + 1
        self.budget = Budget(deadline=3_000)
        self.made: list[Function] = []

    def __call__(self, answer: Callable[[Job], Outcome] = echo, *, later: float = 0.0) -> Function:
        """One whose clock is ``later`` seconds ahead, and whose sandbox gives ``answer``."""

        def node(journal: Path, probe: Any) -> Node:
            boxes = (FakeSandbox(answer),)
            return self.stage.node(0, journal, probe=probe, start_block=self.start, sandboxes=boxes)

        made = Function(node, self.store, budget=self.budget, tick_secret=SECRET)
        there = made._keeper._now
        made._keeper._now = lambda: there() + later
        self.made.append(made)
        return made


@pytest.fixture
def instances(stage: NodeStage) -> Iterator[Instances]:
    """Instances that serve what is asked from now on."""
    made = Instances(stage)
    yield made
    for each in made.made:
        each.close()


def said(response: Response) -> Any:
    """The answer's body."""
    return json.loads(response.body)


def sent(stage: NodeStage) -> int:
    """How many transactions of the node are in blocks."""
    return stage.chain.nonce(stage.signers[0].address, pending=False)


def committed(stage: NodeStage, task: TaskId) -> bool:
    """Whether the node has committed."""
    return bool(stage.events(stage.hub, Committed, task))


def test_one_call_does_all_that_can_be_done(stage: NodeStage, instances: Instances) -> None:
    """It says what it did, and that nothing is left; the next one has nothing to do."""
    task = stage.ask(WORD)
    function = instances()
    answer = said(function.handle(Tick()))
    check_task(stage, task)
    assert (answer["ending"], answer["sent"], answer["open"]) == ("quiet", TRANSACTIONS, 0)
    assert answer["moves"][0] == {"task": f"0x{task.hex()}", "from": "seen", "to": "accepted"}
    assert answer["moves"][-1]["to"] == "done"
    again = said(function.handle(Tick()))
    assert (again["ending"], again["transitions"], again["next"]) == ("quiet", 0, None)


def test_two_calls_at_once(stage: NodeStage, instances: Instances) -> None:
    """While one works, others of its own and of other instances say so and do nothing."""
    others: list[Response] = []

    def meanwhile(job: Job) -> Outcome:
        others.extend(each.handle(Tick()) for each in (first, instances()))
        return echo(job)

    first = instances(meanwhile)
    task = stage.ask(WORD)
    assert said(first.handle(Tick()))["ending"] == "quiet"
    assert [answer.status for answer in others] == [202, 202]
    assert all(said(answer)["ending"] == "busy" and said(answer)["next"] > 0 for answer in others)
    check_task(stage, task)


def test_a_call_that_was_overtaken_sends_nothing(stage: NodeStage, instances: Instances) -> None:
    """One that was held up and believed dead finds out before it sends."""
    other: list[Response] = []

    def meanwhile(job: Job) -> Outcome:
        other.append(instances(later=LATER).handle(Tick()))
        return echo(job)

    before, task = sent(stage), stage.ask(WORD)
    late = instances(meanwhile).handle(Tick())
    assert (late.status, other[0].status) == (503, 200)
    assert "another call has changed" in said(late)["error"]
    check_task(stage, task)
    assert sent(stage) == before + TRANSACTIONS


def finish(function: Function) -> None:
    """Call again as long as it says that this is useful: what is sent again shows in the next call."""
    for _ in range(3):
        if said(function.handle(Tick()))["next"] is None:
            return
    raise AssertionError("the function does not come to an end")


class Killed(BaseException):
    """The process is no more."""


class Mine:
    """A store that ends the process before or after the put of a number."""

    def __init__(self, store: ResultStore, number: int, *, after: bool) -> None:
        self.store, self.left, self.after = store, number, after

    def get(self, name: str) -> Kept | None:
        """As the store does."""
        return self.store.get(name)

    def put(self, name: str, data: bytes, *, over: str | None) -> str:
        """As the store does, as long as it goes well."""
        self.left -= 1
        if self.left < 0 and not self.after:
            raise Killed
        version = self.store.put(name, data, over=over)
        if self.left < 0:
            raise Killed
        return version


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_each_put(stage: NodeStage, instances: Instances, after: bool) -> None:
    """Whatever was put last, the next call goes on from there: nothing is sent twice, nothing is lost."""
    plain, number, killed = instances.store, 0, True
    while killed:
        before, task = sent(stage), stage.ask(WORD)
        instances.store = Mine(plain, number, after=after)
        dying = instances(later=number * LATER)
        try:
            killed = False
            dying.handle(Tick())
        except Killed:
            killed = True
        instances.store = plain
        number += 1
        finish(instances(later=number * LATER))
        check_task(stage, task)
        assert sent(stage) == before + TRANSACTIONS
    assert number > TRANSACTIONS


def test_what_was_sent_and_not_mined_is_not_sent_anew(
    stage: NodeStage, instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint takes transactions and loses them: the same bytes are sent again by the next calls."""
    raws: list[str] = []
    lost = {"left": 3}
    usual = type(stage.chain.rpc).once

    def once(rpc: Any, method: str, *params: Any) -> Any:
        if method == "eth_sendRawTransaction":
            raws.append(params[0])
            if lost["left"] > 0:
                lost["left"] -= 1
                raise ChainError("the endpoint does not answer; try again later")
        return usual(rpc, method, *params)

    before, task = sent(stage), stage.ask(WORD)
    monkeypatch.setattr(type(stage.chain.rpc), "once", once)
    for _ in range(8):
        function = instances()
        function.handle(Tick())
        function.close()
        stage.backend.mine()
    check_task(stage, task)
    assert sent(stage) == before + TRANSACTIONS
    assert len(set(raws)) == TRANSACTIONS
    assert len(raws) > TRANSACTIONS


def test_a_program_that_does_not_fit_waits_for_the_next_call(stage: NodeStage, instances: Instances) -> None:
    """By its fuel; nothing is begun that may not end, and the next call with more time runs it."""
    runs: list[Job] = []

    def counted(job: Job) -> Outcome:
        runs.append(job)
        return echo(job)

    task = stage.ask(WORD, fuel=10**11)  # 100 s at the pace of a node that knows no better
    function = instances(counted)
    answer = said(function.handle(Tick(), seconds=90))
    assert (answer["ending"], answer["next"], answer["open"]) == ("deadline", 0, 1)
    assert (runs, committed(stage, task)) == ([], False)
    assert said(function.handle(Tick(), seconds=5_000))["ending"] == "quiet"
    assert len(runs) == 1
    check_task(stage, task)


def test_a_program_that_fits_no_call_is_not_taken_on(stage: NodeStage, instances: Instances) -> None:
    """The node abstains, and says so."""
    instances.budget = Budget(deadline=90)
    task = stage.ask(WORD, fuel=10**11)
    answer = said(instances().handle(Tick()))
    assert answer["moves"] == [{"task": f"0x{task.hex()}", "from": "seen", "to": "abstained"}]
    assert answer["next"] is None


def test_a_call_whose_time_ends_in_the_middle(stage: NodeStage, instances: Instances) -> None:
    """A run takes longer than it should: nothing is sent any more, and the next call goes on."""

    def slow(_: Job) -> Outcome:
        function._clock.ends = 0.0
        return Outcome(Status.OK, 32, WORD)  # type: ignore[arg-type]

    function = instances(slow)
    before, task = sent(stage), stage.ask(WORD)
    answer = said(function.handle(Tick()))
    assert (answer["ending"], answer["next"]) == ("deadline", 0)
    assert sent(stage) == before
    finish(instances())
    check_task(stage, task)


def test_no_time_but_the_reserve(instances: Instances) -> None:
    """Nothing is begun, nobody is held up."""
    answer = said(instances().handle(Tick(), seconds=4))
    assert (answer["ending"], answer["next"]) == ("deadline", 0)
    assert instances.store.get("node") is None


def test_a_store_that_fails(instances: Instances) -> None:
    """The call fails with one sentence, and without a store nothing is done."""

    class Down(MemoryResults):
        def get(self, name: str) -> Kept | None:
            raise StoreUnavailable(f"{name} cannot be read: try again")

    instances.store = Down()
    answer = instances().handle(Tick())
    assert answer.status == 503
    assert "cannot be read: try again" in said(answer)["error"]


@pytest.mark.parametrize("data", [b"", b"{}\n", b"not json\n", b'{"format": 2}\n', b"\xff" * 40])
def test_what_is_kept_is_damaged(instances: Instances, data: bytes) -> None:
    """The node does not begin anew by itself: what it sent might be unknown to the chain still."""
    instances.store.put("node", data, over=None)
    answer = instances().handle(Tick())
    assert answer.status == 503
    assert "bring a good copy back" in said(answer)["error"]


def test_an_endpoint_that_is_down(stage: NodeStage, instances: Instances, monkeypatch: Any) -> None:
    """The call fails, and holds nobody up; the next one works."""

    def down(*_: Any) -> None:
        raise ChainError("the endpoint does not answer; try again later")

    function = instances()
    function.handle(Tick())
    with monkeypatch.context() as patch:
        patch.setattr(type(stage.chain), "head", down)
        for each in (function, instances()):
            answer = each.handle(Tick())
            assert (answer.status, said(answer)["ending"]) == (503, "failed")
    assert instances().handle(Tick()).status == 200


def test_what_is_kept_is_small_and_a_journal(stage: NodeStage, instances: Instances, tmp_path: Path) -> None:
    """A few kilobytes whatever was done, and any node of this key can go on with it."""
    for _ in range(3):
        stage.ask(WORD)
    instances().handle(Tick())
    kept = instances.store.get("node")
    assert kept is not None
    assert len(kept.data) < 4_096
    path = tmp_path / "journal.sqlite"
    path.write_bytes(instances.made[-1]._keeper.journal)
    node = stage.node(0, path)
    assert isinstance(node.parts.journal, Journal)
    assert node.parts.journal.active() == []
    node.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/tick/a secret in the path", 200),
        ("POST", "/tick/a secret", 404),
        ("POST", "/tick/", 404),
        ("GET", "/tick/a secret in the path", 405),
        ("POST", "/alchemy", 404),
        ("GET", "/", 404),
    ],
)
def test_who_is_let_in(instances: Instances, method: str, path: str, status: int) -> None:
    """Only a post with the secret is a tick; without webhooks all else is nothing."""
    assert instances().handle(Request(method=method, path=path)).status == status
    assert (instances.store.get("node") is not None) == (status == 200)
