"""Refusals in words: every custom error of every contract, and what is none."""

from __future__ import annotations

import string

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chainboy.contracts.advice import ADVICE
from chainboy.contracts.artifacts import names
from chainboy.contracts.codec import Error, Parameter
from chainboy.contracts.interface import interface
from chainboy.contracts.reverts import error_name, explain

ERRORS = {error.selector: error for name in names() for error in interface(name).errors.values()}.values()
SAMPLES = {
    "address": "0x" + "11" * 20,
    "bytes32": b"\x22" * 32,
    "string": "maxFuel > 0",
    "uint256": 7,
    "uint8": 7,
    "bytes4": b"\x33" * 4,
}


def sample(parameter: Parameter) -> object:
    """Some value of this type."""
    return SAMPLES[parameter.type]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.name)
def test_every_error_is_explained(error: Error) -> None:
    """Its name, its arguments by name, and its advice, in one line."""
    values = [sample(part) for part in error.inputs]
    refusal = explain(error.selector + encode([part.type for part in error.inputs], values))
    assert refusal.name == error.name
    assert len(refusal.arguments) == len(values)
    assert str(refusal).startswith(f"the contract refused with {error.name}")
    assert all(part.name in str(refusal) for part in error.inputs)
    assert "{" not in str(refusal)
    assert "\n" not in str(refusal)
    assert error_name(error.selector) == error.name


def test_advice_is_for_errors_that_exist_and_names_their_arguments() -> None:
    """No advice for an error that was renamed, and no argument that is not there."""
    arguments = {error.name: {part.name for part in error.inputs} for error in ERRORS}
    for name, advice in ADVICE.items():
        wanted = {field for _, field, _, _ in string.Formatter().parse(advice) if field}
        assert wanted <= arguments[name], name


def test_the_protocols_errors_all_have_advice() -> None:
    """Only errors of the libraries beneath may stand without."""
    own = ("ITaskGateway", "IConsensusHub", "INodeRegistry", "ICheckpointVerifier", "Params")
    internal = {"NotHub"}
    assert {name for contract in own for name in interface(contract).errors} - internal <= set(ADVICE)


def test_the_common_one_reads_well() -> None:
    """The example of the docs."""
    selector = keccak(b"PriceBelowMinimum(uint256,uint256)")[:4]
    refusal = explain(selector + encode(["uint256", "uint256"], [3, 5]))
    assert str(refusal) == (
        "the contract refused with PriceBelowMinimum (price 3, minimum 5): offer at least 5 wei"
    )
    assert refusal.arguments == (3, 5)


def test_require_and_panic() -> None:
    """Solidity's own two forms."""
    refusal = explain(keccak(b"Error(string)")[:4] + encode(["string"], ["no way"]))
    assert (refusal.name, refusal.arguments) == ("Error", ("no way",))
    panic = keccak(b"Panic(uint256)")[:4]
    assert "an overflow" in str(explain(panic + encode(["uint256"], [0x11])))
    assert "panic 0x99" in str(explain(panic + encode(["uint256"], [0x99])))


CUT_SHORT = keccak(b"PriceBelowMinimum(uint256,uint256)")[:4]


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"\xff" * 4, CUT_SHORT])
def test_what_nothing_explains_is_shown(data: bytes) -> None:
    """No data, an unknown selector, a known one without its arguments."""
    refusal = explain(data)
    assert refusal.name == ""
    assert (f"0x{data.hex()}" if data else "no data") in str(refusal)


@given(st.binary(max_size=150), st.sampled_from([b"", *(error.selector for error in ERRORS)]))
def test_any_bytes_become_a_refusal(data: bytes, selector: bytes) -> None:
    """A hostile contract can revert with anything."""
    assert str(explain(selector + data)).startswith("the contract")


def test_names_of_selectors() -> None:
    """Zero is no error; an unknown one is shown."""
    assert error_name(bytes(4)) == ""
    assert error_name(b"\xff" * 4) == "0xffffffff"
