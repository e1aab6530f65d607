"""What the gate decides, by its history and the price of gas, in nodes on a fake chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest
from village import Villager, address, settle

from chainboy.consensus.params import Mode
from chainboy.errors import ConfigError
from chainboy.node.config import NodeConfig
from chainboy.node.economics.gate import ProfitGate
from chainboy.node.economics.history import Ending, History, Offer, Ran, Spent
from chainboy.node.economics.tariff import Tariff
from chainboy.node.machine import Duty
from chainboy.node.watching.causes import Cause, cause_of
from chainboy.testing.fake_chain import CHAIN_ID, FakeChain
from chainboy.units import Digest, Epoch, Wei, Weight

BONDS = [40, 30, 30]
GWEI = 10**9
GAS = 305_000
EDGE = GAS * GWEI * 100 // 15
"""About the price that 15 % of pays for the gas of a node without a history."""


@attrs.define
class Dial:
    """A market whose price of gas a test turns."""

    price: int = GWEI
    total: int = sum(BONDS)
    chain_id: int = CHAIN_ID

    def gas_price(self) -> Wei:
        """As it stands."""
        return Wei(self.price)

    def total_weight(self, epoch: Epoch) -> Weight:
        """Always the same."""
        del epoch
        return Weight(self.total)

    def spent(self, duty: Duty, tries: Sequence[Digest]) -> Spent | None:
        """Nobody is told."""
        del duty, tries


@pytest.fixture
def chain() -> FakeChain:
    """Three nodes' stakes."""
    return FakeChain({address(index): bond for index, bond in enumerate(BONDS)})


@pytest.fixture
def villagers(chain: FakeChain, tmp_path: Path) -> Iterator[list[Villager]]:
    """The nodes."""
    made = [Villager(chain, index, tmp_path) for index in range(len(BONDS))]
    yield made
    for villager in made:
        villager.close()


def guard(
    villager: Villager, dial: Dial, tariff: Tariff | None = None, history: History | None = None
) -> ProfitGate:
    """Put a gate with this history before the node's work."""
    journal = villager.node.parts.journal
    journal.save("economics", (history or History()).to_json())
    gate = ProfitGate(tariff or Tariff(profit_gate=True), journal, dial, delivers=False)
    villager.node = villager.node.replacing(gate=gate)
    return gate


@pytest.mark.parametrize(("extra", "state"), [(10, "done"), (-10, "abstained")])
def test_price_decides(chain: FakeChain, villagers: list[Villager], extra: int, state: str) -> None:
    """Just above the edge it works, just below it says with figures why it does not."""
    guard(villagers[0], Dial())
    task = chain.ask(price=EDGE + extra)
    settle(chain, villagers)
    assert villagers[0].state(task) == state
    assert villagers[1].state(task) == "done"
    reasons = [each.reason for each in villagers[0].node.parts.journal.transitions(task.task_id)]
    for reason in filter(None, reasons):
        assert f"less {GAS} gas at {GWEI} wei and 0 for the run is -" in reason
        assert cause_of(reason) is Cause.PRICE


@pytest.mark.parametrize(
    ("ending", "taken"),
    [(None, False), (Ending.LEADER, False), (Ending.FOLLOWER, True), (Ending.NOTHING, False)],
)
def test_history_decides(
    chain: FakeChain, villagers: list[Villager], ending: Ending | None, taken: bool
) -> None:
    """What pays at 20 % and not at 15 %: only a node of 40 % that was mostly a later winner takes it."""
    past = History(endings=() if ending is None else (ending,) * 16)
    guard(villagers[0], Dial(), history=past)
    task = chain.ask(price=GAS * GWEI * 100 // 18)
    settle(chain, villagers)
    assert villagers[0].state(task) == ("done" if taken else "abstained")


def test_what_transactions_used_decides(chain: FakeChain, villagers: list[Villager]) -> None:
    """Measured gas replaces the documented figures."""
    cheap = tuple(Spent(duty, 1_000) for duty in (Duty.COMMIT, Duty.REVEAL, Duty.CLAIM) for _ in range(8))
    guard(villagers[0], Dial(), history=History(transactions=cheap))
    guard(villagers[1], Dial())
    task = chain.ask(price=EDGE // 50)
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["done", "abstained", "done"]


def test_compute_decides(chain: FakeChain, villagers: list[Villager]) -> None:
    """A run costs its whole limit until the program has run here; then what it burnt."""
    price = Wei(EDGE + 3 * 10**9)
    tariff = Tariff(profit_gate=True, compute_price_per_gigafuel=Wei(10**15))
    task = chain.ask(price=price)
    assert task.params.fuel_limit * 10**15 // 10**9 == 10**9 > 3 * 10**9 * 15 // 100
    ran = (Ran(task.request.program, 7, 1),)
    guard(villagers[0], Dial(), tariff)
    guard(villagers[1], Dial(price=GWEI), tariff, History(runs=ran, endings=(Ending.LEADER,) * 8))
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["abstained", "done", "done"]


def test_a_spike_holds_back_a_commitment_and_nothing_after_it(
    chain: FakeChain, villagers: list[Villager]
) -> None:
    """While gas is dear an answer waits; once committed to it is revealed and claimed at any price."""
    dials = [Spike() for _ in villagers]
    for villager, dial in zip(villagers, dials, strict=True):
        guard(villager, dial)
    task = chain.ask(price=EDGE * 2)
    for _ in range(10):
        chain.mine()
        for villager in villagers:
            villager.step()
    assert [villager.state(task) for villager in villagers] == ["computed"] * 3
    assert chain.sent == []
    for dial in dials:
        dial.dear = False
    for villager in villagers:
        villager.step()
    for dial in dials:
        dial.dear = True
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["done"] * 3


def test_a_node_that_lost_its_memory_reveals_what_no_longer_pays(
    chain: FakeChain, villagers: list[Villager]
) -> None:
    """The hub has its commitment: the bond is worth more than any price of gas."""
    task = chain.ask()
    while villagers[0].state(task) != "committed":
        villagers[0].step()
        chain.mine()
    villagers[0].lose_memory()
    guard(villagers[0], Dial(price=10**30))
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["done"] * 3


class Spike(Dial):
    """Gas becomes dear once a task was judged."""

    def __init__(self) -> None:
        super().__init__()
        self.dear = True
        self.asked = 0

    def gas_price(self) -> Wei:
        """Cheap the first time."""
        self.asked += 1
        return Wei(100 * GWEI if self.dear and self.asked > 1 else GWEI)


def test_another_coin_needs_a_rate(chain: FakeChain, villagers: list[Villager]) -> None:
    """A price in another chain's coin is left without a rate, and taken for its worth with one."""
    guard(villagers[0], Dial(chain_id=1))
    guard(villagers[1], Dial(chain_id=1), Tariff(profit_gate=True, exchange={CHAIN_ID: Wei(10**18)}))
    guard(villagers[2], Dial(chain_id=1), Tariff(profit_gate=True, exchange={CHAIN_ID: Wei(10**17)}))
    task = chain.ask(price=EDGE + 100)
    settle(chain, villagers)
    assert [villager.state(task) for villager in villagers] == ["abstained", "committed", "abstained"]
    (refusal,) = villagers[0].node.parts.journal.transitions(task.task_id)
    assert "policy.exchange has no rate" in refusal.reason


def test_market_sets_a_floor(chain: FakeChain, villagers: list[Villager]) -> None:
    """Half of the median of what was offered lately, by what was seen and not by what was taken."""
    offers = History(offers=(Offer(Wei(10**12), chain.ask(price=1).params.fuel_limit),) * 8)
    gate = guard(villagers[0], Dial(), Tariff(min_market_percent=50), offers)
    cheap, fair = chain.ask(price=10**12 // 2 - 1), chain.ask(price=10**12 // 2)
    drawn = chain.ask(price=1, mode=Mode.RANDOM)
    settle(chain, villagers)
    assert villagers[0].state(cheap) == "abstained"
    assert villagers[0].state(fair) == "done"
    assert villagers[0].state(drawn) == "done"
    assert len(gate.history.offers) == 8 + 3  # a random number is no offer for fuel
    (refusal,) = villagers[0].node.parts.journal.transitions(cheap.task_id)
    assert "50 % of what was offered lately" in refusal.reason
    assert cause_of(refusal.reason) is Cause.PRICE


def test_configuration_of_the_tariff(tmp_path: Path) -> None:
    """Each key of the table is read, and mistakes are told with the key's name."""
    text = """
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
[policy]
profit_gate = true
min_profit = "100"
compute_price_per_gigafuel = 3
compute_price_per_hour = 4
min_market_percent = 75
slash_budget = 5
exchange = { 1 = "2000000000000000000" }
"""
    path = tmp_path / "node.toml"
    path.write_text(text)
    policy = NodeConfig.load(path).policy
    assert policy.slash_budget == 5
    assert policy.tariff == Tariff(
        profit_gate=True,
        min_profit=Wei(100),
        compute_price_per_gigafuel=Wei(3),
        compute_price_per_hour=Wei(4),
        min_market_percent=75,
        exchange={1: Wei(2 * 10**18)},
    )
    for wrong, named in [
        ("profit_gate = 1", "policy.profit_gate"),
        ("min_market_percent = 0", "policy.min_market_percent"),
        ("exchange = { siberium = 1 }", "policy.exchange"),
    ]:
        path.write_text(text.partition("profit_gate")[0] + wrong)
        with pytest.raises(ConfigError, match=named):
            NodeConfig.load(path)
