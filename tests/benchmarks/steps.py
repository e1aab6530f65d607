"""What is measured: each step of the protocol once, in a network in use.

"In use" means that slots which tasks share have been written before: two tasks have been answered, delivered
and claimed, and all cases of one size start from the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from accounts import Account, key_of
from play import CALLBACK_GAS, INPUT, PRICE, PROGRAM, TIP, Play, answer, params, request_call
from sealing import remote_rows, sealing_rows, small_rows
from snapshot import Row
from stage import Stage

from chainboy.chain.call import Call
from chainboy.consensus.params import Mode
from chainboy.contracts.interface import interface
from chainboy.testing.backends import Backend

MakeBackend = Callable[[], Backend]

LARGEST_CALL = 4_500_000
"""Fits Siberium's first blocks, of 4.7 million gas."""

BATCH = 20
"""Claims in one call."""

SHARES = {5: 150_000, 31: 350_000, 256: 2_000_000}
"""Goals of counting the votes of so many winners."""


def measure(make: MakeBackend) -> Iterator[Row]:
    """All rows, in the order of a task's life."""
    with in_use(make, 5) as stage:
        yield from request_rows(stage)
        yield from own_rows(stage)
        yield from together_rows(stage)
        yield from finalize_rows(stage)
        yield from delivery_rows(stage)
        yield from remote_rows(stage, ask)
        yield from small_rows(stage)
        yield from claim_rows(stage)
        yield from whole_rows(stage, nodes=5, goal=900_000)
        deployments = list(deployment_rows(stage))
        joining = list(joining_rows(stage))
    with in_use(make, 10) as stage:
        yield from pooled_rows(stage)
        yield from whole_rows(stage, nodes=10, goal=None)
    for nodes in (19, 99):
        with in_use(make, nodes) as stage:
            yield from sealing_rows(stage)
    with in_use(make, 31) as stage:
        yield from finalize_rows(stage)
        yield from claim_many_rows(stage)
    with in_use(make, 256) as stage:
        yield from finalize_rows(stage)
        yield from worst_rows(stage)
        yield from sealing_rows(stage)
    yield from joining
    yield from deployments


def in_use(make: MakeBackend, nodes: int) -> Stage:
    """A stage of this size with two whole tasks behind it."""
    stage = Stage(make(), nodes=nodes)
    stage.keeper = stage.create("ResultKeeper", stage.gateway.address, stage.requester.address, PROGRAM)
    for _ in range(2):
        ask(stage).run()
    return stage


def ask(stage: Stage) -> Play:
    """A task of the example consumer, which wants to be called back."""
    rules = params(Mode.EXACT, now=stage.chain.head().timestamp)
    data = interface("ResultKeeper").functions["ask"].encode(INPUT, rules.pack(), CALLBACK_GAS, TIP)
    requested = stage.requester.send(Call(to=stage.keeper, data=data, value=PRICE + TIP))
    outcomes = [answer((5_050).to_bytes(32, "big"))] * len(stage.voters)
    return Play.asked(stage, requested, rules, outcomes)


def request_rows(stage: Stage) -> Iterator[Row]:
    """Asking, by an account and through a contract."""
    with stage.afterwards_as_before():
        rules = params(Mode.EXACT, now=stage.chain.head().timestamp)
        gas = stage.requester.send(request_call(stage, rules)).gas_used
        yield Row("request", "request, 32-byte input", gas, 75_000)
    with stage.afterwards_as_before():
        ask(stage)
        yield Row("request.consumer", "request, through the example consumer", _last(stage.requester))


def own_rows(stage: Stage) -> Iterator[Row]:
    """Commits and reveals by the nodes themselves."""
    with stage.afterwards_as_before():
        play = Play.begin(stage)
        gas = [own_gas(play, index, play.commit(index, signed=False)) for index in range(5)]
        yield Row("commit.opening", "commit, the first of a task", gas[0])
        yield Row("commit.next", "commit, a later one", gas[1], 60_000)
        yield Row("commit.quorum", "commit, the one that makes the quorum", gas[2], 60_000)
        yield Row("commit.late", "commit, after the quorum", gas[3], 60_000)
        gas = [own_gas(play, index, play.reveal(index)) for index in range(3)]
        yield Row("reveal.160", "reveal, 160-byte outcome (one word)", gas[1], 45_000)
    with stage.afterwards_as_before():
        play = Play.begin(stage, outcomes=[bytes([7]) * 96] * 5)
        stage.relayer.send(play.commit(*range(5)))
        gas = [own_gas(play, index, play.reveal(index)) for index in range(2)]
        yield Row("reveal.96", "reveal, 96-byte outcome", gas[1], 45_000)
    with stage.afterwards_as_before():
        stage.next_epoch()
        play = Play.begin(stage)
        gas = [own_gas(play, index, play.commit(index, signed=False)) for index in range(2)]
        title = "commit, a later one, the node's first act of the epoch"
        yield Row("commit.epoch", title, gas[1], 60_000)


def together_rows(stage: Stage) -> Iterator[Row]:
    """A node's commits to ten tasks in one transaction, and its reveals of them in another."""
    tasks = 10
    with stage.afterwards_as_before():
        plays = [Play.begin(stage) for _ in range(tasks)]

        def gas_of(index: int, calls: Iterable[Call]) -> int:
            return own_gas(plays[0], index, stage.hub.multicall(list(calls))) // tasks

        commits = [gas_of(i, (play.commit(i, signed=False) for play in plays)) for i in range(5)]
        reveals = [gas_of(i, (play.reveal(i) for play in plays)) for i in range(2)]
        title = "commit, a later one, each of a node's 10 in one transaction"
        yield Row("commit.together", title, commits[1], 60_000)
        yield Row("reveal.together", "reveal, each of a node's 10 in one transaction", reveals[1], 45_000)


def pooled_rows(stage: Stage) -> Iterator[Row]:
    """Ten nodes' commits in one transaction, and their reveals in another."""
    everybody = range(10)
    with stage.afterwards_as_before():
        play = Play.begin(stage)
        commits = stage.relayer.send(play.commit(*everybody)).gas_used // 10
        reveals = stage.relayer.send(play.reveal(*everybody)).gas_used // 10
        yield Row("commit.pooled", "commit, each of 10 signed ones in one transaction", commits)
        yield Row("reveal.pooled", "reveal, each of 10 in one transaction", reveals)
        title = "commit + reveal, each of 10 nodes, one transaction each"
        yield Row("vote.pooled", title, commits + reveals, 45_000)


def finalize_rows(stage: Stage) -> Iterator[Row]:
    """Counting a whole stage that agrees, in each mode."""
    nodes = len(stage.voters)
    for mode in Mode:
        with stage.afterwards_as_before():
            play = Play.begin(stage, mode)
            play.play()
            gas = stage.relayer.send(play.finalize()).gas_used
            title = f"finalise, {nodes} winners, {mode.name}"
            yield Row(f"finalize.{nodes}.{mode.name.lower()}", title, gas, SHARES[nodes])


def worst_rows(stage: Stage) -> Iterator[Row]:
    """The costliest count: as many different answers as a majority leaves room for."""
    nodes = len(stage.voters)
    minority = nodes // 2 - 2
    with stage.afterwards_as_before():
        outcomes = [answer(i.to_bytes(32, "big")) for i in range(minority)]
        outcomes += [answer((5_050).to_bytes(32, "big"))] * (nodes - minority)
        play = Play.begin(stage, outcomes=outcomes)
        play.play()
        gas = stage.relayer.send(play.finalize()).gas_used
        title = f"finalise, {nodes - minority} winners and {minority} other answers, EXACT"
        yield Row("finalize.worst", title, gas, LARGEST_CALL)


def delivery_rows(stage: Stage) -> Iterator[Row]:
    """Bringing the record to the gateway beside the hub."""
    for key, title, begin, goal in (
        ("deliver", "deliver, no callback", Play.begin, None),
        ("deliver.callback", "deliver, callback that stores the result", ask, 110_000),
    ):
        with stage.afterwards_as_before():
            play = begin(stage)
            play.play()
            stage.relayer.send(play.finalize())
            yield Row(key, title, stage.relayer.send(play.deliver()).gas_used, goal)


def delivered(stage: Stage) -> Play:
    """A task whose shares can be claimed."""
    play = Play.begin(stage)
    play.play()
    stage.relayer.send(play.finalize())
    stage.relayer.send(play.deliver())
    return play


def claim_rows(stage: Stage) -> Iterator[Row]:
    """Shares of single tasks, and of many tasks of one payout; and taking the credit out."""
    claim = stage.gateway.claim
    with stage.afterwards_as_before():
        play = delivered(stage)
        gas = stage.relayer.send(claim(play.claims(3))).gas_used
        yield Row("claim.one", "claim one reward", gas, 60_000)
    with stage.afterwards_as_before():
        claims = [claim for _ in range(BATCH) for claim in delivered(stage).claims(3)]
        gas = stage.relayer.send(claim(claims)).gas_used // BATCH
        yield Row("claim.tasks", f"claim, each of {BATCH} tasks of one payout", gas, 25_000)
    with stage.afterwards_as_before():
        holder = stage.fund(key_of("payout 3"))
        gas = holder.send(stage.gateway.withdraw(holder.address)).gas_used
        yield Row("withdraw", "withdraw the credit", gas)


def claim_many_rows(stage: Stage) -> Iterator[Row]:
    """Shares of one task's winners, each with a payout of its own."""
    ranks = range(BATCH)
    with stage.afterwards_as_before():
        gas = stage.relayer.send(stage.gateway.claim(delivered(stage).claims(*ranks))).gas_used // BATCH
        yield Row("claim.winners", f"claim, each of {BATCH} winners of one task", gas, 25_000)
    with stage.afterwards_as_before():
        for rank in ranks:
            holder = stage.fund(key_of(f"payout {rank}"))
            holder.send(stage.gateway.withdraw(holder.address))
        gas = stage.relayer.send(stage.gateway.claim(delivered(stage).claims(*ranks))).gas_used // BATCH
        yield Row("claim.winners.empty", f"claim, each of {BATCH} winners without credit", gas)


def whole_rows(stage: Stage, *, nodes: int, goal: int | None) -> Iterator[Row]:
    """A task from question to shares: each node pays for itself, or all through one relayer."""
    everybody = range(nodes)
    for key, asker, begin in (("", "an account", Play.begin), (".consumer", "a contract, called back", ask)):
        with stage.afterwards_as_before():
            play = begin(stage)
            gas = _last(stage.requester)
            gas += sum(own_gas(play, index, play.commit(index, signed=False)) for index in everybody)
            gas += sum(own_gas(play, index, play.reveal(index)) for index in everybody)
            gas += _settle(stage, play)
            yield Row(f"whole.{nodes}{key}", f"whole task, {nodes} nodes, asked by {asker}", gas, goal)
    with stage.afterwards_as_before():
        before = len(stage.relayer.receipts)
        ask(stage).run()
        gas = _last(stage.requester) + sum(receipt.gas_used for receipt in stage.relayer.receipts[before:])
        title = f"whole task, {nodes} nodes, the same through one relayer"
        yield Row(f"whole.{nodes}.pooled", title, gas, goal)


def own_gas(play: Play, index: int, call: Call) -> int:
    """Gas of a call that a node sends and pays for itself."""
    account = play.stage.fund(play.voters[index].signer)
    return account.send(call).gas_used


def _settle(stage: Stage, play: Play) -> int:
    """Count, deliver with callback, and claim all shares in one call."""
    shares = play.claims(*range(len(play.voters)))
    calls = (play.finalize(), play.deliver(), stage.gateway.claim(shares))
    return sum(stage.relayer.send(call).gas_used for call in calls)


def joining_rows(stage: Stage) -> Iterator[Row]:
    """What an owner sends once."""
    titles = {"register": "register a node", "bond": "bond its tokens", "enter": "enter the active set"}
    for step, title in titles.items():
        yield Row(step, title, stage.joining[step].gas_used)


def deployment_rows(stage: Stage) -> Iterator[Row]:
    """Creating each contract."""
    for name, receipt in stage.creations.items():
        goal = None if name == "ResultKeeper" else LARGEST_CALL
        yield Row(f"deploy.{name}", f"deploy {name}", receipt.gas_used, goal)


def _last(account: Account) -> int:
    return account.receipts[-1].gas_used
