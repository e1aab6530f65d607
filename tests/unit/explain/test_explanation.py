"""What is told about rounds of every kind, to the wei."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from scene import FAR, HOME, RELAY, Scene, node, value

from chainboy.consensus.params import Mode
from chainboy.content.memory import MemoryStore
from chainboy.errors import ChainError, InputError, NoConsensus, RuntimeNotServed
from chainboy.explain import explain
from chainboy.explain.replay import replay
from chainboy.explain.replay import to_lines as replay_lines
from chainboy.explain.replay import to_table as replay_table
from chainboy.explain.telling import shown, to_lines, to_table
from chainboy.programs.program import Program

PROGRAM = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs = []
# outputs = ["uint256"]
# [sources.spot]
# url = "https://example.org/v1"
# pick = "$.price"
# scale = 0
# ///
def main():
    return 7
"""


def usual(**options: object) -> Scene:
    """Three nodes agree on 7, the fourth says 8; node 1 finalizes, node 2 delivers."""
    scene = Scene(**options)
    scene.open()
    for number, weight in enumerate((3, 2, 2, 1), 1):
        scene.commit(number, weight)
    scene.quorum()
    for number, answer in enumerate((7, 7, 7, 8), 1):
        scene.reveal(number, value(answer))
    scene.finalize(by=1)
    scene.deliver(by=2)
    return scene


def test_rewards_gas_and_profit() -> None:
    """15 %, 15 % and the pool of 50 %; each pays for what it sent, a claim of four tasks by a quarter."""
    scene = usual()
    scene.claim(3, rank=2, own=1, events=3)
    told = explain(scene.told())
    assert told.state == "delivered"
    assert [each.reward for each in told.nodes] == [150, 150, 500, 0]
    assert [each.rank for each in told.nodes] == [0, 1, 2, None]
    assert [each.agreed for each in told.nodes] == [True, True, True, False]
    assert [each.tip for each in told.nodes] == [0, 10, 0, 0]
    assert [each.gas(HOME) for each in told.nodes] == [300, 300, 234, 200]
    assert [told.profit(each) for each in told.nodes] == [-150, -140, 266, -200]
    assert [each.claimed for each in told.nodes] == [False, False, True, False]
    assert told.rewards is not None
    assert told.rewards.treasury == 200
    assert told.finalized_by == node(1)
    assert told.outcome == value(7)
    assert [each.kind for each in told.nodes[0].expenses] == [
        "commit",
        "commit",
        "commit",
        "reveal",
        "finalize",
    ]


def test_a_carried_node_pays_nothing() -> None:
    """The relay's transaction is the relay's."""
    scene = Scene()
    scene.open(total=1)
    scene.commit(5, 1, by=RELAY)
    (only,) = explain(scene.told()).nodes
    assert only.expenses == ()
    assert any("it sent nothing itself" in line for line in to_lines(explain(scene.told())))


def test_coins_of_two_chains_are_not_added() -> None:
    """A task of another chain: gas apart, no figure for profit; a table says null."""
    scene = usual(asking=FAR)
    scene.claim(1, rank=0)
    told = explain(scene.told())
    assert (told.nodes[0].gas(HOME), told.nodes[0].gas(FAR)) == (300, 100)
    assert [told.profit(each) for each in told.nodes] == [None] * 4
    text = "\n".join(to_lines(told))
    assert "gas 300 wei of the home chain and 100 wei of the chain that asked" in text
    assert "coins of two chains" in text
    assert to_table(told)["nodes"][0]["profit"] is None


def test_an_attempt_that_was_void() -> None:
    """Who committed in it alone comes last, undecided; who came again is told by its new commitment."""
    scene = Scene()
    scene.open(1)
    scene.commit(1, 2, 1)
    scene.commit(2, 2, 1)
    scene.open(2)
    scene.commit(2, 6, 2)
    scene.quorum(2)
    scene.reveal(2, value(1), 2)
    scene.finalize(by=2, attempt=2)
    told = explain(scene.told())
    assert [(each.node, each.attempt, each.agreed) for each in told.nodes] == [
        (node(2), 2, True),
        (node(1), 1, None),
    ]
    assert told.nodes[0].gas(HOME) == 400
    assert [each.quorum_block is None for each in told.attempts] == [True, False]
    assert "undecided: did not reveal" in "\n".join(to_lines(told))


def test_no_consensus_and_who_hid() -> None:
    """Nobody is paid, the silent one is slashed, and there is nothing to replay."""
    scene = Scene()
    scene.open()
    scene.commit(1, 4)
    scene.commit(2, 4)
    scene.reveal(1, value(1))
    scene.finalize(by=1)
    scene.deliver(by=1)
    told = explain(scene.told(node(2)))
    assert told.state == "no consensus"
    assert [each.reward + each.tip for each in told.nodes] == [0, 0]
    assert [each.agreed for each in told.nodes] == [False, False]
    assert "slashed: did not reveal" in "\n".join(to_lines(told))
    with pytest.raises(NoConsensus):
        replay(told)


def test_a_refund_leaves_no_reward() -> None:
    """A record that came too late pays nobody."""
    scene = Scene()
    scene.open()
    scene.commit(1, 8)
    scene.reveal(1, value(1))
    assert explain(scene.told()).state == "revealing"
    scene.finalize(by=1)
    assert explain(scene.told()).state == "finalized"
    scene.refund()
    told = explain(scene.told())
    assert (told.state, told.nodes[0].reward, told.rewards) == ("refunded", 0, None)
    assert "delivery  refunded: price and tip were credited back" in list(to_lines(told))


def test_events_that_belie_the_record() -> None:
    """A record that the events do not come to is never explained away."""
    scene = Scene()
    scene.open()
    scene.commit(1, 8)
    scene.reveal(1, value(1))
    scene.finalize(by=1, rest_weight=1)
    with pytest.raises(ChainError, match="belie"):
        explain(scene.told())


def test_it_all_is_json() -> None:
    """Every kind of task; amounts as text."""
    table = json.loads(json.dumps(to_table(explain(usual().told()))))
    assert table["price"] == "1000"
    assert table["nodes"][0]["profit"] == "-150"
    assert table["record"]["agreeing_weight"] == "7"
    young = json.loads(json.dumps(to_table(explain(Scene().told()))))
    assert (young["record"], young["outcome"], young["delivered_by"]) == (None, None, None)


@pytest.mark.parametrize(
    ("mode", "data", "text"),
    [
        (Mode.MEDIAN, value(-5), "returned -5"),
        (Mode.EXACT, value(5), f"returned 0x{5:064x}"),
        (Mode.EXACT, b"\x01", "0x01, which is no outcome"),
    ],
)
def test_shown(mode: Mode, data: bytes, text: str) -> None:
    """Without a program's types what is known is told."""
    assert shown(data, mode) == text


def test_a_random_number_again() -> None:
    """Drawn in commit order; contributions in another order are another number."""
    scene = Scene(mode=Mode.RANDOM)
    scene.open()
    for number in (1, 2, 3):
        scene.commit(number, 3)
    for number in (3, 1, 2):
        scene.reveal(number, value(number, fuel=0))
    scene.finalize(by=1)
    told = explain(scene.told())
    done = replay(told)
    assert done.same
    assert done.mine == told.outcome
    assert replay_table(done, Mode.RANDOM)["fuel"] is None
    assert list(replay_lines(done, Mode.RANDOM))[-1] == "agrees with the record"


def test_what_a_replay_needs() -> None:
    """A place, what sources said, a sandbox: each is asked for by name."""
    store = MemoryStore()
    told = explain(usual(program=store.put(PROGRAM).digest).told())
    with pytest.raises(InputError, match="name a place with --store"):
        replay(told)
    with pytest.raises(InputError, match=r"was told spot by sources.*--value spot="):
        replay(told, store)
    with pytest.raises(RuntimeNotServed, match="give --docker cpython-wasm:1"):
        replay(told, store, [], {"spot": 1})
    assert shown(told.outcome, Mode.EXACT, Program(PROGRAM)) == "returned 7"


def test_nodes_are_in_commit_order() -> None:
    """As they won."""
    nodes = explain(usual().told()).nodes
    assert all(one.position < other.position for one, other in pairwise(nodes))
