"""The demo: five nodes, two of them dishonest, answer five tasks on a chain in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.sender import Sender
from chainboy.consensus.outcome import Outcome, Status
from chainboy.consensus.params import Mode
from chainboy.consensus.proof import TaskProof
from chainboy.contracts.hub import BallotState
from chainboy.demo import ENDLESS, EURO_RATES, RAISES, load, publish
from chainboy.demo.cast import CAST, RESTARTED, factories
from chainboy.demo.gas import gas_by_step
from chainboy.demo.narrator import Narrator, Say
from chainboy.demo.rate_servers import DESKS, rate_servers
from chainboy.demo.report import Answer, DemoReport, PaidWinner, Read, TaskReport
from chainboy.errors import EncodingError, TaskPending
from chainboy.programs.program import Program
from chainboy.sources import Guard, WebSources
from chainboy.testing.network import LocalNetwork
from chainboy.units import TaskId, Wei

if TYPE_CHECKING:
    from chainboy.tasks.client import TaskClient
    from chainboy.tasks.task import Task

PRICE = Wei(10**16 + 7)
"""A hundredth of a coin, and a little that does not divide evenly."""

TOLERANCE_BPS = 50
"""How far from the median an exchange rate may be: half a percent."""

LOOPBACK = WebSources(guard=Guard(allow_http=True, allow_loopback=True))
"""What the demo's nodes read sources with: theirs are on this machine."""


@attrs.frozen(kw_only=True)
class Ask:
    """One task of the demo: how it is called, how it is asked for, and how its payload reads."""

    title: str
    submit: Callable[[TaskClient], Task]
    decode: Callable[[bytes], object]
    cast: tuple[str, ...] = ()
    """Who else takes part, a line each."""


def run_demo(directory: Path, say: Say) -> DemoReport:
    """Run all tasks and write a proof file for each into ``directory``; ``say`` is told what happens.

    Raises :class:`~chainboy.errors.ChainBoyError` when a task finds no result or a proof does not hold.
    """
    directory.mkdir(parents=True, exist_ok=True)
    say("Starting a chain in this process, deploying the contracts, bonding five nodes:")
    for role in CAST:
        say(f"  {role.name:<6} {role.bond:>4} tokens, {role.habit}")
    bonds = [role.bond for role in CAST]
    with (
        rate_servers() as exchange_rate,
        LocalNetwork(bonds, factories=factories(), sources=LOOPBACK) as network,
    ):
        return _Show(network, directory, say).run(asks(exchange_rate))


class _Show:
    def __init__(self, network: LocalNetwork, directory: Path, say: Say) -> None:
        self._network = network
        self._directory = directory
        self._say = say
        self._names = {node.signer.address: role.name for node, role in zip(network.nodes, CAST, strict=True)}
        self._narrator = Narrator(network, self._names, say)
        self._client = network.client()
        self._hub = network.deployment.hub_on(network.chain)

    def run(self, asked: tuple[Ask, ...]) -> DemoReport:
        """All tasks, one after the other."""
        network = self._network
        publish(network.content)
        reports = tuple(self._play(number, ask) for number, ask in enumerate(asked))
        with network.paused():
            return DemoReport(tasks=reports, gas=gas_by_step(network.chain))

    def _play(self, number: int, ask: Ask) -> TaskReport:
        self._say(f"\n{ask.title}")
        for line in ask.cast:
            self._say(f"  {line}")
        task = ask.submit(self._client)
        if number == 0:
            self._restart(task)
        self._narrator.wait(lambda: task.poll() is not None)
        proof = task.proof()
        self._narrator.wait(lambda: self._all_claimed(proof))
        self._slash_silent(proof)
        return self._report(ask, proof)

    def _restart(self, task: Task) -> None:
        """Stop a node once it has committed; start it again when others reveal already."""
        node, name = self._network.nodes[RESTARTED], CAST[RESTARTED].name
        hub, address = self._hub, node.signer.address
        self._narrator.wait(lambda: hub.ballot_of(task.id, 1, address) is BallotState.COMMITTED)
        with self._network.paused():
            node.stop()
        self._say(f"  {name} is stopped, with its commitment in the chain and its answer unrevealed")
        self._narrator.wait(lambda: self._hub.round_of(task.id).revealed > 0)
        with self._network.paused():
            node.start()
        self._say(f"  {name} is started again and goes on from its journal")

    def _all_claimed(self, proof: TaskProof) -> bool:
        gateway = self._network.deployment.gateway_on(self._network.chain)
        return all(gateway.is_claimed(proof.task_id, rank) for rank in range(proof.record.winners_count))

    def _slash_silent(self, proof: TaskProof) -> None:
        """Anybody may have those slashed who committed and did not reveal; here the requester does."""
        silent = [ballot.node for ballot in proof.ballots if ballot.outcome is None]
        if silent:
            sender = Sender(self._network.chain, self._network.signer("requester"))
            sender.send(self._hub.slash_unrevealed(proof.task_id, silent))
        self._narrator.catch_up()

    def _report(self, ask: Ask, proof: TaskProof) -> TaskReport:
        path = self._directory / f"proof-0x{proof.task_id.hex()[:8]}.json"
        path.write_text(proof.to_json())
        checked = TaskProof.from_json(path.read_bytes())
        checked.verify()
        outcome = Outcome.decode(checked.outcome or b"")
        rewards = checked.rewards
        if rewards is None:
            raise TaskPending("the demo's nodes found no consensus; run it again on an idle machine")
        shares = zip(checked.tally.winners, rewards.shares, strict=True)
        agreed = {winner.node for winner in checked.tally.winners}
        return TaskReport(
            title=ask.title,
            task_id=checked.task_id,
            status=outcome.status.name,
            value=spoken(outcome, ask.decode),
            price=checked.request.price,
            agreeing_weight=checked.record.agreeing_weight,
            total_weight=checked.record.total_weight,
            answers=tuple(
                Answer(
                    name=self._names[ballot.node],
                    weight=ballot.weight,
                    answer=None if ballot.outcome is None else _said(ballot.outcome, ask.decode),
                    agreed=ballot.node in agreed,
                )
                for ballot in checked.ballots
            ),
            winners=tuple(
                PaidWinner(
                    name=self._names[winner.node],
                    node=winner.node,
                    rank=winner.rank,
                    weight=winner.weight,
                    reward=share,
                )
                for winner, share in shares
            ),
            treasury=rewards.treasury,
            dust=rewards.dust,
            proof=path,
            reads=tuple(self._reads(checked.task_id)),
        )

    def _reads(self, task_id: TaskId) -> Iterator[Read]:
        """What each node's journal says that it read last for this task."""
        for node in self._network.nodes:
            for source in (node.readings(task_id) or [()])[-1]:
                yield Read(name=self._names[node.signer.address], source=source)


def asks(exchange_rate: Program) -> tuple[Ask, ...]:
    """The five tasks."""
    rates, raises, endless = load(EURO_RATES), load(RAISES), load(ENDLESS)
    return (
        Ask(
            title="The best that could have been made of 1,000 euros since 1999, over the ECB's daily rates",
            submit=lambda client: client.submit(rates, euros=1_000, exchanges=6, fee_bps=10, price=PRICE),
            decode=rates.decode_output,
        ),
        Ask(
            title="A random number",
            submit=lambda client: client.random(price=PRICE),
            decode=lambda payload: f"0x{payload.hex()}",
        ),
        Ask(
            title="A program that raises",
            submit=lambda client: client.submit(raises, dividend=1, divisor=0, price=PRICE),
            decode=raises.decode_output,
        ),
        Ask(
            title="A program that never ends",
            submit=lambda client: client.submit(endless, n=27, price=PRICE, fuel_limit=10**9),
            decode=endless.decode_output,
        ),
        Ask(
            title="What a euro buys of dollars, as each node finds it at five sources, times 10**8",
            submit=lambda client: client.submit(
                exchange_rate, "USD", price=PRICE, mode=Mode.MEDIAN, tolerance_bps=TOLERANCE_BPS
            ),
            decode=exchange_rate.decode_output,
            cast=tuple(f"{desk.name:<6} {desk.habit}" for desk in DESKS),
        ),
    )


def spoken(outcome: Outcome, decode: Callable[[bytes], object]) -> str:
    """An outcome in words."""
    match outcome.status:
        case Status.OK:
            return str(decode(outcome.payload))
        case Status.RAISED:
            return outcome.payload.decode("ascii")
        case _:
            return f"{outcome.fuel} fuel used"


def _said(data: bytes, decode: Callable[[bytes], object]) -> str:
    try:
        return spoken(Outcome.decode(data), decode)
    except EncodingError:
        return f"0x{data.hex()}"
