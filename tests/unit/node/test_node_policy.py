"""The policy: each thing an operator can refuse, and what it lets through."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import ZERO_HASH, to_address
from chainboy.consensus.params import Mode, Params
from chainboy.consensus.request import Request
from chainboy.node.policy import Policy

PROGRAM = keccak(b"program")
REQUESTER = to_address(b"\4" * 20)
NOW, REVEAL_WINDOW = 1_000, 100


def new_request(
    *, price: int = 10_000, mode: Mode = Mode.EXACT, fuel: int = 2_000_000, left: int = 500
) -> Request:
    """A request with ``left`` seconds to live and a commit window of 60."""
    params = Params(
        mode=mode,
        commit_window=60,
        fuel_limit=0 if mode is Mode.RANDOM else fuel,
        expires_at=NOW + left,
    )
    return Request(
        chain_id=5,
        gateway=to_address(b"\3" * 20),
        requester=REQUESTER,
        nonce=0,
        program=ZERO_HASH if mode is Mode.RANDOM else PROGRAM,
        input_hash=keccak(b""),
        price=price,
        tip=0,
        callback_gas=0,
        requested_at=NOW,
        params=params.pack(),
    )


def refusal(policy: Policy, **request: Any) -> str | None:
    """What the policy says of a request."""
    return policy.refusal(new_request(**request), now=NOW, reveal_window=REVEAL_WINDOW)


@pytest.mark.parametrize("mode", Mode)
def test_default_takes_all(mode: Mode) -> None:
    """Without any wish of the operator every task in time is taken."""
    assert refusal(Policy(), mode=mode) is None


@pytest.mark.parametrize(
    ("policy", "request_", "reason"),
    [
        (Policy(min_price=10_001), {}, "below our minimum of 10001"),
        (Policy(min_price_per_megafuel=5_001), {}, "below our minimum of 5001 for each million"),
        (Policy(margin=341), {}, "500 s are left, we need 501"),
        (Policy(), {"left": 159}, "159 s are left, we need 160"),
        (Policy(modes=frozenset({Mode.EXACT})), {"mode": Mode.MEDIAN}, "mode MEDIAN is not served"),
        (Policy(denied=frozenset({PROGRAM})), {}, "is denied"),
        (Policy(allowed=frozenset({keccak(b"other")})), {}, "not among those allowed"),
        (Policy(denied_requesters=frozenset({REQUESTER})), {}, "requester"),
    ],
)
def test_each_refusal_tells_its_reason(policy: Policy, request_: dict[str, Any], reason: str) -> None:
    """One step over each limit is refused, with figures where there are some."""
    assert reason in (refusal(policy, **request_) or "")


@pytest.mark.parametrize(
    "policy",
    [
        Policy(min_price=10_000),
        Policy(min_price_per_megafuel=5_000),
        Policy(margin=340),
        Policy(allowed=frozenset({PROGRAM})),
        Policy(modes=frozenset({Mode.EXACT})),
    ],
)
def test_limits_are_inclusive(policy: Policy) -> None:
    """Exactly what is asked for is enough."""
    assert refusal(policy) is None


def test_random_has_no_program_to_refuse() -> None:
    """Lists of programs do not touch RANDOM, nor does a price for fuel."""
    policy = Policy(allowed=frozenset({PROGRAM}), min_price_per_megafuel=10**30)
    assert refusal(policy, mode=Mode.RANDOM) is None


@given(price=st.integers(0, 2**256 - 1), fuel=st.integers(1, 2**64 - 1), least=st.integers(0, 2**200))
def test_price_per_fuel_is_exact(price: int, fuel: int, least: int) -> None:
    """The comparison is of integers: price / fuel >= least / 10**6, never rounded."""
    found = refusal(Policy(min_price_per_megafuel=least), price=price, fuel=fuel)
    assert (found is None) == (price * 10**6 >= least * fuel)


@given(price=st.integers(0, 10**6), by=st.integers(0, 10**6))
def test_higher_price_never_hurts(price: int, by: int) -> None:
    """Who takes a price takes any higher one."""
    policy = Policy(min_price=5_000, min_price_per_megafuel=7_000)
    if refusal(policy, price=price) is None:
        assert refusal(policy, price=price + by) is None


def test_policy_is_frozen() -> None:
    """A policy does not change under a running node."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Policy().margin = 3  # type: ignore[misc]
