"""What figures mean for a node: pure judgement, no figure is looked up here."""

from __future__ import annotations

from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.contracts.registry import NodeState
from chainboy.node.checkup.finding import Finding, doubtful, failed, well
from chainboy.units import Epoch, Timestamp, Wei, Weight

SLACK = 15
"""Seconds by which clocks may differ without anybody noticing."""

LATE_BLOCKS, STUCK_BLOCKS = 5, 20
"""A head that is older than so many block times is late; than so many, the endpoint or the clock is wrong."""

TASK_GAS = 400_000
"""Gas of a node's part in one task at most: commit, reveal, count, deliver and claim. See docs/gas.md."""

FEW_TASKS = 100
"""With gas for fewer tasks an operator should send coins."""

LITTLE_SPACE, LEAST_SPACE = 1 << 30, 64 << 20
"""Bytes of free disk below which there is a warning, and below which a journal soon cannot be written."""


def clock(head: Timestamp, now: float, block_seconds: float) -> Finding:
    """The head's time beside this machine's."""
    age = round(now - head)
    if age < -SLACK:
        return failed(
            "clock", f"the newest block is {-age} s ahead of this clock", "set this machine's clock by NTP"
        )
    if age > SLACK + STUCK_BLOCKS * block_seconds:
        return failed(
            "clock",
            f"the newest block is {age} s old by this clock",
            "use an endpoint that is in sync, or set this machine's clock by NTP",
        )
    if age > SLACK + LATE_BLOCKS * block_seconds:
        return doubtful("clock", f"the newest block is {age} s old", "see whether the endpoint is in sync")
    return well("clock", f"the newest block is {max(0, age)} s old")


def purse(balance: Wei, gas_price: int, *, carried: bool = False) -> Finding:
    """Coins for gas, in tasks at today's price a gas; a node that a relay carries needs none."""
    if carried:
        return well("balance", f"{balance} wei; a relay carries for this node")
    cost = TASK_GAS * gas_price
    if not cost:
        return well("balance", f"{balance} wei, and gas costs nothing here")
    tasks = balance // cost
    found = f"{balance} wei, enough gas for {tasks} tasks at {gas_price} wei a gas"
    if not tasks:
        return failed("balance", found, f"send the node's address at least {FEW_TASKS * cost} wei")
    if tasks < FEW_TASKS:
        return doubtful("balance", found, f"send the node's address {FEW_TASKS * cost - balance} wei or more")
    return well("balance", found)


def seat(state: NodeState, *, weight: Weight, epoch: Epoch, idle_epochs: int) -> Finding:
    """The node's place in the active set; ``weight`` is what counts in ``epoch``, now."""
    join = "`chainboy node join`"
    idle = f"no sign of life since epoch {state.last_active_epoch}; anybody may take its seat"
    fatal = (
        (state.owner == ZERO_ADDRESS, "nobody has registered this node", f"bond tokens for it with {join}"),
        (state.tombstoned, "it signed a forgery and is out for good", "begin a node with a new key"),
        (
            not state.active,
            f"{state.bonded} tokens are bonded, but it has no seat in the active set",
            f"take one with {join}, or set policy.enter",
        ),
    )
    passing = (
        (0 < epoch == state.jailed_epoch, f"jailed in epoch {epoch}", "see why it did not reveal"),
        (not weight, f"{state.weight} tokens count from epoch {epoch + 1} on", "wait for the next epoch"),
        (epoch - state.last_active_epoch >= idle_epochs, idle, "run the node"),
    )
    for holds, found, advice in fatal:
        if holds:
            return failed("seat", found, advice)
    for holds, found, advice in passing:
        if holds:
            return doubtful("seat", found, advice)
    return well("seat", f"{weight} tokens active in epoch {epoch}")


def quorum(total: Weight) -> Finding:
    """All active tokens together."""
    if total:
        return well("network", f"{total} tokens are active")
    return doubtful("network", "too few tokens are active for any task", "wait for more nodes")


def space(free: int) -> Finding:
    """Free bytes where the journal is."""
    found = f"{free >> 20:,} MiB free where the journal is"
    if free < LEAST_SPACE:
        return failed("disk", found, "make room: the node stops when its journal cannot be written")
    if free < LITTLE_SPACE:
        return doubtful("disk", found, "make room before it is full")
    return well("disk", found)


def sources(*, served: bool, allow_http: bool = False, allow_loopback: bool = False) -> Finding:
    """What programs may read from the web."""
    if not served:
        return well("sources", "programs that read the web are not served")
    opened = [name for name, on in (("http", allow_http), ("loopback addresses", allow_loopback)) if on]
    if opened:
        return doubtful(
            "sources", f"programs may read {' and '.join(opened)}", "take the key out unless this is a test"
        )
    return well("sources", "programs may read the web over https, no private addresses")
