"""Every reason for which a node abstains falls into its class, as the code that gives it words it."""

from __future__ import annotations

import pytest

from chainboy.cid import Cid
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.content.memory import MemoryStore
from chainboy.errors import ContentNotFound
from chainboy.node.budget import Due, Load, overload
from chainboy.node.policy import Policy
from chainboy.node.watching.causes import Cause, cause_of
from chainboy.units import Address, Digest, Fuel, Timestamp, Wei

NOBODY = Address("0x" + "00" * 20)


def request(price: int = 1) -> Request:
    """Any request, which expires at 1000."""
    params = Params(mode=Mode.EXACT, commit_window=5, fuel_limit=Fuel(10**6), expires_at=Timestamp(1000))
    return Request(
        chain_id=1,
        gateway=NOBODY,
        requester=NOBODY,
        nonce=0,
        program=bytes(32),
        input_hash=Digest(bytes(32)),
        price=Wei(price),
        tip=Wei(0),
        callback_gas=0,
        requested_at=Timestamp(0),
        params=params.pack(),
    )


@pytest.mark.parametrize(
    ("policy", "now", "cause"),
    [
        (Policy(modes=frozenset()), 0, Cause.POLICY),
        (Policy(denied=frozenset({bytes(32)})), 0, Cause.POLICY),
        (Policy(allowed=frozenset({b"x" * 32})), 0, Cause.POLICY),
        (Policy(denied_requesters=frozenset({NOBODY})), 0, Cause.POLICY),
        (Policy(min_price=Wei(2)), 0, Cause.PRICE),
        (Policy(min_price_per_megafuel=Wei(2)), 0, Cause.PRICE),
        (Policy(), 999, Cause.TIME),
        (Policy(), 2000, Cause.TIME),
    ],
)
def test_what_the_policy_refuses(policy: Policy, now: int, cause: Cause) -> None:
    """The policy's own words."""
    refusal = policy.refusal(request(), now=Timestamp(now), reveal_window=5)
    assert refusal is not None
    assert cause_of(refusal) is cause


def test_what_there_is_no_time_for() -> None:
    """The budget's own words: too long itself, or in the way of another."""
    late = Load(due=Due(by=Timestamp(1)), milliseconds=5000)
    soon = Load(due=Due(by=Timestamp(9)), milliseconds=8000)
    urgent = Load(due=Due(by=Timestamp(8)), milliseconds=2000)
    for taken, new in (([], late), ([soon], urgent)):
        refusal = overload(taken, new, workers=1, now=Timestamp(0))
        assert refusal is not None
        assert cause_of(refusal) is Cause.TIME


def test_what_is_not_there() -> None:
    """A store's own words."""
    with pytest.raises(ContentNotFound) as caught:
        MemoryStore().get(Cid(Digest(bytes(32))))
    assert cause_of(str(caught.value)) is Cause.CONTENT


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("runtime 'cobol:1' is not served here", Cause.RUNTIME),
        ("the program asks for HTTP sources, which this node does not fetch", Cause.SOURCES),
        ("the run took over 300 s; raise wall_clock_limit", Cause.SANDBOX),
        ("the pool gave the run up (BrokenProcessPool)", Cause.SANDBOX),
        ("our own code failed with KeyError; see the log", Cause.FAULT),
        ("", Cause.OTHER),
    ],
)
def test_what_runs_fail_for(reason: str, cause: Cause) -> None:
    """The executor's words."""
    assert cause_of(reason) is cause
