"""The codec against web3's own, on the functions and events of the contracts themselves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import attrs
import pytest
from eth_abi.abi import encode
from hexbytes import HexBytes
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3._utils.events import get_event_data

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.fields import to_address
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.contracts.artifacts import MANIFEST, load, names
from chainboy.contracts.codec import Event, Parameter, decode_values, encode_values, snake_case
from chainboy.contracts.gateway import Claim
from chainboy.contracts.hub import Attestation, BallotEntry, CommitEntry, RevealEntry
from chainboy.contracts.interface import interface
from chainboy.errors import ConfigError, EncodingError
from chainboy.events.log import LogEvent
from chainboy.units import Digest, Timestamp, Wei

WEB3 = Web3()
UINT = st.integers(0, 2**256 - 1) | st.sampled_from([0, 2**256 - 1])
ADDRESS = st.binary(min_size=20, max_size=20).map(to_address)
WORD = st.binary(min_size=32, max_size=32)
BYTES = st.binary(max_size=100)
REQUEST = st.builds(
    Request,
    chain_id=UINT,
    gateway=ADDRESS,
    requester=ADDRESS,
    nonce=UINT,
    program=WORD,
    input_hash=WORD,
    price=UINT,
    tip=UINT,
    callback_gas=UINT,
    requested_at=UINT,
    params=UINT,
)
RECORD = st.builds(
    Record,
    task_id=WORD,
    outcome_hash=WORD,
    agreeing_weight=UINT,
    total_weight=UINT,
    rest_weight=UINT,
    winners_root=WORD,
    winners_count=UINT,
)
CLAIM = st.builds(
    Claim,
    task_id=WORD,
    price=UINT,
    winners_root=WORD,
    rest_weight=UINT,
    winners_count=UINT,
    rank=UINT,
    node=ADDRESS,
    payout=ADDRESS,
    weight=UINT,
    proof=st.lists(WORD, max_size=3),
)
COMMIT = st.builds(
    CommitEntry, node=ADDRESS, attempt=UINT, commitment=WORD, deadline=UINT, signature=BYTES
)
REVEAL = st.builds(RevealEntry, node=ADDRESS, payout=ADDRESS, weight=UINT, outcome=BYTES, salt=WORD)
BALLOT = st.builds(BallotEntry, node=ADDRESS, payout=ADDRESS, weight=UINT, choice=UINT)
ATTESTATION = st.builds(Attestation, node=ADDRESS, signature=BYTES)
CHECKPOINT = st.builds(
    Checkpoint,
    number=UINT,
    epoch=UINT,
    stake_hash=WORD,
    stake_total=UINT,
    records_root=WORD,
    records_count=UINT,
    home_block=UINT,
)
CALLS: dict[tuple[str, str], tuple[st.SearchStrategy[Any], ...]] = {
    ("ITaskGateway", "request"): (WORD, BYTES, UINT, UINT, UINT),
    ("ITaskGateway", "deliver"): (REQUEST, RECORD, BYTES, BYTES),
    ("ITaskGateway", "claim"): (st.lists(CLAIM, max_size=3),),
    ("IConsensusHub", "commit"): (WORD, UINT, st.lists(COMMIT, max_size=3)),
    ("IConsensusHub", "reveal"): (WORD, st.lists(REVEAL, max_size=3)),
    ("IConsensusHub", "finalize"): (WORD, UINT, st.lists(WORD, max_size=3), st.lists(BALLOT, max_size=3)),
    ("IConsensusHub", "seal"): (st.lists(ADDRESS, max_size=3),),
    ("IConsensusHub", "attest"): (UINT, st.lists(ATTESTATION, max_size=3)),
    ("IConsensusHub", "slashForgery"): (CHECKPOINT, ADDRESS, BYTES),
    ("ICheckpointVerifier", "submit"): (CHECKPOINT, st.lists(UINT, max_size=3), UINT, BYTES),
    ("INodeRegistry", "register"): (ADDRESS, ADDRESS, BYTES),
}


def plain(value: Any, parameter: Parameter) -> Any:
    """The value as web3 wants it: structs as tuples in the ABI's order."""
    if isinstance(value, list):
        return [plain(item, parameter) for item in value]
    if parameter.base != "tuple":
        return value
    return tuple(plain(getattr(value, part.name), part) for part in parameter.components)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[1])
@given(data=st.data())
def test_calls_are_web3s_byte_for_byte(call: tuple[str, str], data: st.DataObject) -> None:
    """Selectors, structs, dynamic arrays: the same call data."""
    contract, name = call
    arguments = [data.draw(strategy) for strategy in CALLS[call]]
    function = interface(contract).functions[name]
    theirs = WEB3.eth.contract(abi=load(contract).abi)
    raw = [plain(value, part) for value, part in zip(arguments, function.inputs, strict=True)]
    assert "0x" + function.encode(*arguments).hex() == theirs.encode_abi(name, args=raw)


def made_up(parameter: Parameter, data: st.DataObject) -> Any:
    """A value of this type, as eth_abi takes it."""
    if parameter.suffix:
        single = Parameter(parameter.name, parameter.base, "", parameter.components)
        return [made_up(single, data) for _ in range(data.draw(st.integers(0, 3)))]
    if parameter.base == "tuple":
        return tuple(made_up(part, data) for part in parameter.components)
    sized: dict[str, st.SearchStrategy[Any]] = {
        "address": ADDRESS,
        "bool": st.booleans(),
        "bytes": BYTES,
        "string": st.text(max_size=8),
        "bytes4": st.binary(min_size=4, max_size=4),
        "bytes32": WORD,
        "uint8": st.integers(0, 2),
        "uint256": UINT,
    }
    return data.draw(sized[parameter.base])


def logged(event: Event, data: st.DataObject) -> LogEvent:
    """A log of ``event`` with made-up values, encoded by eth_abi."""
    values = {part.name: made_up(part, data) for part in event.inputs}
    words = [encode([part.type], [values[part.name]]) for part in event.inputs if part.indexed]
    fields = [part for part in event.inputs if not part.indexed]
    return LogEvent(
        chain_id=1,
        block_number=1,
        block_hash=Digest(bytes(32)),
        tx_hash=Digest(bytes(32)),
        log_index=0,
        address=to_address(bytes(20)),
        topics=(event.topic, *words),
        data=encode([part.type for part in fields], [values[part.name] for part in fields]),
    )


EVENTS = [
    (contract, name)
    for contract in ("ITaskGateway", "IConsensusHub", "ICheckpointVerifier", "INodeRegistry", "ChainBoyToken")
    for name in interface(contract).events
]


@pytest.mark.parametrize(("contract", "name"), EVENTS)
@settings(max_examples=20)
@given(data=st.data())
def test_events_are_read_as_web3_reads_them(contract: str, name: str, data: st.DataObject) -> None:
    """The same values under the same names, in snake case."""
    event = interface(contract).events[name]
    log = logged(event, data)
    (abi,) = (entry for entry in load(contract).abi if (entry["type"], entry.get("name")) == ("event", name))
    theirs = get_event_data(WEB3.codec, abi, _as_web3_log(log))["args"]
    assert event.decode(log) == {snake_case(key): _snaked(value) for key, value in theirs.items()}


def _as_web3_log(log: LogEvent) -> dict[str, Any]:
    place = {"logIndex": 0, "transactionIndex": 0, "blockNumber": 1}
    hashes = {"transactionHash": log.tx_hash, "blockHash": log.block_hash}
    topics = [HexBytes(topic) for topic in log.topics]
    return {**place, **hashes, "address": log.address, "topics": topics, "data": HexBytes(log.data)}


def _snaked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {snake_case(key): _snaked(item) for key, item in value.items()}
    return tuple(value) if isinstance(value, list) else value


NAMES = [("winnersCount", "winners_count"), ("from", "from_"), ("_x", "x"), ("b32Root", "b32_root")]


@pytest.mark.parametrize(("solidity", "python"), NAMES)
def test_names(solidity: str, python: str) -> None:
    """Camel case becomes snake case, and Python's own words get an underscore."""
    assert snake_case(solidity) == python


def test_values_that_do_not_fit_are_one_error() -> None:
    """Too few, too large, of the wrong type, without a struct's attribute: EncodingError."""
    request = interface("ITaskGateway").functions["request"]
    refund = interface("ITaskGateway").functions["refund"]
    for arguments in ((), (b"", b"", -1, 0, 0), (bytes(33), b"", 0, 0, 0), (1, 2, 3, 4, 5)):
        with pytest.raises(EncodingError):
            request.encode(*arguments)
    with pytest.raises(EncodingError, match="requester"):
        refund.encode(object())


@given(st.binary(max_size=200))
def test_bytes_that_do_not_fit_are_one_error(data: bytes) -> None:
    """Any bytes decode to values or to EncodingError."""
    for parameters in (
        interface("IConsensusHub").functions["profile"].outputs,
        interface("IConsensusHub").events["Finalized"].inputs,
    ):
        with suppress(EncodingError):
            assert len(decode_values(parameters, data)) == len(parameters)


def test_another_events_log_is_refused() -> None:
    """By its topic, by its number of topics, by its data."""
    event = interface("ITaskGateway").events["CallbackDone"]
    log = LogEvent(
        chain_id=1,
        block_number=1,
        block_hash=Digest(bytes(32)),
        tx_hash=Digest(bytes(32)),
        log_index=0,
        address=to_address(bytes(20)),
        topics=(event.topic, bytes(32)),
        data=bytes(32),
    )
    assert event.decode(log) == {"task_id": bytes(32), "success": False}
    topics = ((), (bytes(32), bytes(32)), (event.topic,), (event.topic, bytes(32), bytes(32)))
    for each in topics:
        with pytest.raises(EncodingError):
            event.decode(attrs.evolve(log, topics=each))
    with pytest.raises(EncodingError):
        event.decode(attrs.evolve(log, data=b""))


def test_round_trip_of_a_struct() -> None:
    """What is encoded from attributes is decoded to fields of the same names."""
    parameters = interface("ITaskGateway").functions["refund"].inputs
    request = Request(
        chain_id=1,
        gateway=to_address(bytes(20)),
        requester=to_address(b"\x11" * 20),
        nonce=1,
        program=bytes(32),
        input_hash=Digest(b"\x22" * 32),
        price=Wei(5),
        tip=Wei(6),
        callback_gas=7,
        requested_at=Timestamp(8),
        params=9,
    )
    (fields,) = decode_values(parameters, encode_values(parameters, [request]))
    assert {name: getattr(request, name) for name in fields} == fields


def test_artifacts_are_found_by_name() -> None:
    """Every contract loads; what is none is a configuration error, the manifest included."""
    assert {"TaskGateway", "ConsensusHub", "NodeRegistry", "ChainBoyToken", "HubVerifier"} <= set(names())
    assert all(load(name).name == name for name in names())
    assert load("TaskGateway").bytecode
    assert not load("ITaskGateway").bytecode
    for name in ("Nothing", MANIFEST, "../profile"):
        with pytest.raises(ConfigError, match="has no contract"):
            load(name)


def test_no_name_is_overloaded() -> None:
    """Functions, events and errors are found by name alone, so each name stands once."""
    for contract in names():
        for kind in ("function", "event", "error"):
            found = [entry["name"] for entry in load(contract).abi if entry["type"] == kind]
            assert len(found) == len(set(found)), (contract, kind)
