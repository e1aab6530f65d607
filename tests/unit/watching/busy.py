"""A ledger of a node that has done everything there is."""

from __future__ import annotations

import attrs

from chainboy.node.machine import Event, State
from chainboy.node.rows import Transition
from chainboy.node.watching.ledger import Ledger
from chainboy.node.watching.snapshot import PoolLoad
from chainboy.testing.fake_chain import FakeChain
from chainboy.units import Address, Fuel, Wei, Weight

SIBERIUM = 111111
COIN = 10**18
NODE = Address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")


def busy_ledger() -> Ledger:
    """Two tasks won, one of them claimable, one lost, one refused; two chains; a full pool."""
    now = 1_000.0
    ledger = Ledger(lambda: now)
    ledger.begin(NODE, [], [], {SIBERIUM: 3 * COIN})
    ledger.knows(SIBERIUM, "siberium", 6)
    ledger.knows(5, "<b>far</b>", 2)
    for chain, head, done in ((SIBERIUM, 508, 500), (5, 90, 88)):
        ledger.asked(chain, failed=False, head=head)
        ledger.asked(chain, failed=True)
        ledger.processed(chain, done)
    asked = FakeChain({})
    for number, steps in enumerate(
        (
            [
                (State.REVEALED, Event.WON, State.FINALIZED),
                (State.FINALIZED, Event.DELIVERED, State.DELIVERED),
            ],
            [(State.REVEALED, Event.WON, State.FINALIZED)],
            [(State.REVEALED, Event.LOST, State.OUTVOTED)],
            [(State.SEEN, Event.ABSTAIN, State.ABSTAINED)],
        )
    ):
        task = asked.ask(data=bytes([number]))
        task = attrs.evolve(task, request=attrs.evolve(task.request, chain_id=SIBERIUM))
        ledger.looked_at(task)
        ledger.earns(task, Wei(COIN))
        for source, event, target in steps:
            reason = "price 1 wei is below our minimum of 2 <script>" if event is Event.ABSTAIN else ""
            ledger.moved(
                Transition(
                    task_id=task.task_id,
                    source=source,
                    event=event,
                    target=target,
                    attempt=1,
                    block=500,
                    reason=reason,
                ),
                fuel=Fuel(5_000_000),
            )
    ledger.seated(Weight(400), active=True)
    ledger.stepped(seconds=0.2, failed=False, pool=PoolLoad(workers=2, begun=2, waiting=1))
    now = 1_002.0
    return ledger
