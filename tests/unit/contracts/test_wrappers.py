"""The wrappers against the ABIs: nothing left out, nothing named otherwise, nothing in another order."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.params import Mode
from chainboy.consensus.record import Record
from chainboy.contracts.checkpoint_events import Sealed
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.codec import Parameter, snake_case
from chainboy.contracts.contract import Contract
from chainboy.contracts.gateway import Claim, Gateway, TaskState
from chainboy.contracts.gateway_events import ClaimSkipped, TaskDelivered, TaskRequested
from chainboy.contracts.hub import (
    Attestation,
    BallotEntry,
    BallotState,
    CommitEntry,
    Hub,
    RevealEntry,
    RoundState,
    SealState,
)
from chainboy.contracts.hub_events import EntrySkipped, Finalized
from chainboy.contracts.interface import interface
from chainboy.contracts.profile import GatewayProfile, HubProfile, RegistryProfile, VerifierProfile
from chainboy.contracts.registry import NodeState, Registry
from chainboy.contracts.registry_events import Offence, Slashed
from chainboy.contracts.token import Token, Transfer
from chainboy.contracts.verifier import Verifier
from chainboy.errors import EncodingError, VersionMismatch
from chainboy.events.log import LogEvent
from chainboy.testing.fake_node import FakeNode, chain_over
from chainboy.units import Digest

HOME = to_address(b"\xaa" * 20)
WORD = bytes(range(32))
WRAPPERS: list[type[Contract]] = [Gateway, Hub, Registry, CheckpointVerifier]
STRUCTS: list[tuple[str, str, type[Any]]] = [
    ("ITaskGateway", "claim", Claim),
    ("IConsensusHub", "commit", CommitEntry),
    ("IConsensusHub", "reveal", RevealEntry),
    ("IConsensusHub", "finalize", BallotEntry),
    ("IConsensusHub", "roundOf", RoundState),
    ("IConsensusHub", "profile", HubProfile),
    ("IConsensusHub", "attest", Attestation),
    ("IConsensusHub", "slashForgery", Checkpoint),
    ("IConsensusHub", "lastSeal", SealState),
    ("ICheckpointVerifier", "submit", Checkpoint),
    ("ICheckpointVerifier", "distribution", TrustedStake),
    ("ICheckpointVerifier", "announcement", TrustedStake),
    ("ICheckpointVerifier", "profile", VerifierProfile),
    ("ITaskGateway", "profile", GatewayProfile),
    ("INodeRegistry", "profile", RegistryProfile),
    ("INodeRegistry", "nodeOf", NodeState),
    ("ITaskGateway", "deliver", Record),
]


def gateway_over(**answers: Any) -> Gateway:
    """A gateway on a scripted endpoint."""
    return Gateway(chain_over(FakeNode(**answers)), HOME)


def log_of(topics: tuple[bytes, ...], data: bytes = b"", address: str = HOME) -> LogEvent:
    """A log of the contract at HOME."""
    return LogEvent(
        chain_id=5,
        block_number=1,
        block_hash=Digest(bytes(32)),
        tx_hash=Digest(bytes(32)),
        log_index=0,
        address=address,  # type: ignore[arg-type]
        topics=topics,
        data=data,
    )


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_function_has_a_method(wrapper: type[Contract]) -> None:
    """But for ``version``, which is ``check``, and what the hub alone may call on the registry."""
    wanted = {snake_case(name) for name in interface(wrapper.ABI).functions}
    wanted -= {"version", "note_commit", "slash"}
    assert wanted <= {name for name, _ in inspect.getmembers(wrapper, inspect.isfunction)}


@pytest.mark.parametrize("wrapper", [*WRAPPERS, Token])
def test_every_event_has_a_class(wrapper: type[Contract]) -> None:
    """With the ABI's fields in the ABI's order after the log."""
    events = interface(wrapper.ABI).events
    assert {kind.__name__ for kind in wrapper.EVENTS} == set(events) - {"EIP712DomainChanged"}
    for kind in wrapper.EVENTS:
        fields = [field.name for field in attrs.fields(kind)]
        assert fields == ["log", *(part.name for part in events[kind.__name__].inputs)]


@pytest.mark.parametrize(("contract", "function", "kind"), STRUCTS, ids=str)
def test_structs_have_the_abis_fields(contract: str, function: str, kind: type[Any]) -> None:
    """In the ABI's order, so that a reader finds them alike on both sides."""
    found = interface(contract).functions[function]
    structs = [part for part in (*found.inputs, *found.outputs) if part.components]
    fields = [field.name for field in attrs.fields(kind)]
    assert fields in [[part.name for part in struct.components] for struct in structs]


def test_enums_have_the_contracts_order() -> None:
    """The numbers that the contracts give."""
    assert [state.name for state in TaskState] == ["NONE", "REQUESTED", "DELIVERED", "REFUNDED"]
    assert [state.name for state in BallotState] == ["NONE", "COMMITTED", "REVEALED", "SLASHED"]
    assert [offence.name for offence in Offence] == ["UNREVEALED", "UNREVEALED_RANDOM", "FORGERY"]


def test_a_read_is_decoded_at_its_block() -> None:
    """Newest by default, another with ``at``; units and enums as promised."""
    blocks: list[str] = []

    def answer(_: Any, block: str) -> str:
        blocks.append(block)
        return "0x" + encode(["uint256"], [2]).hex()

    gateway = gateway_over(eth_call=answer)
    assert gateway.state_of(WORD) is TaskState.DELIVERED  # type: ignore[arg-type]
    assert gateway.at(9).nonce() == 2
    assert blocks == ["latest", "0x9"]


def test_structs_are_read_as_attrs() -> None:
    """Nested structs and enums too."""
    words = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    node = FakeNode(eth_call="0x" + encode(["uint256"] * 10, words).hex())
    profile = Hub(chain_over(node), HOME).profile()
    assert (profile.bounds.min_commit_window, profile.bounds.max_fuel, profile.max_task_life) == (1, 3, 8)
    node.answers["eth_call"] = "0x" + encode(["uint256"] * 9, [*words[:8], 2]).hex()
    assert Hub(chain_over(node), HOME).round_of(WORD).mode is Mode.RANDOM  # type: ignore[arg-type]


def test_a_request_carries_price_and_tip() -> None:
    """Both are paid with the call; the tip is told apart."""
    call = gateway_over().request(program=WORD, input=b"in", params=7, price=100, tip=5, callback_gas=9)
    assert (call.to, call.value) == (HOME, 105)
    selector = keccak(b"request(bytes32,bytes,uint256,uint256,uint256)")[:4]
    types = ["bytes32", "bytes", "uint256", "uint256", "uint256"]
    assert call.data == selector + encode(types, [WORD, b"in", 7, 9, 5])


def test_a_requested_event_gives_its_request() -> None:
    """The request's hash binds the chain, the gateway and the input's hash."""
    types = ["uint256"] * 6 + ["bytes"]
    data = encode(types, [1, 2, 3, 4, 5, 6, b"in"])
    topics = (Gateway.topic(TaskRequested), WORD, WORD, bytes(12) + b"\xbb" * 20)
    event = Gateway.decode(log_of(topics, data))
    assert isinstance(event, TaskRequested)
    request = event.request
    assert (request.chain_id, request.gateway, request.requester) == (5, HOME, to_address(b"\xbb" * 20))
    assert (request.nonce, request.price, request.tip, request.callback_gas) == (1, 2, 3, 4)
    assert (request.requested_at, request.params, request.input_hash) == (5, 6, keccak(b"in"))


def test_nested_structs_in_events_are_attrs() -> None:
    """Records come as records, enums as enums, reasons as names."""
    record = (WORD, WORD, 3, 4, 0, WORD, 1)
    parameters = interface("ITaskGateway").events["TaskDelivered"].inputs
    plain = [part.type for part in parameters if not part.indexed]
    data = encode(plain, [record, b"out", ZERO_ADDRESS])
    delivered = Gateway.decode(log_of((Gateway.topic(TaskDelivered), WORD), data))
    assert isinstance(delivered, TaskDelivered)
    assert isinstance(delivered.record, Record)
    assert (delivered.record.agreeing_weight, delivered.outcome) == (3, b"out")
    types = [part.type for part in interface("IConsensusHub").events["Finalized"].inputs if not part.indexed]
    data = encode(types, [0, record, [WORD], [3], 8])
    final = Hub.decode(log_of((Hub.topic(Finalized), WORD, WORD), data))
    assert isinstance(final, Finalized)
    assert (final.record.task_id, final.words, final.weights) == (WORD, (WORD,), (3,))
    checkpoint = (7, 2, WORD, 3, WORD, 4, 9)
    parameters = interface("IConsensusHub").events["Sealed"].inputs
    data = encode([part.type for part in parameters if not part.indexed], [checkpoint, [5]])
    sealed = Hub.decode(log_of((Hub.topic(Sealed), (7).to_bytes(32, "big")), data))
    assert isinstance(sealed, Sealed)
    assert isinstance(sealed.checkpoint, Checkpoint)
    assert (sealed.number, sealed.checkpoint.home_block, sealed.words) == (7, 9, (5,))
    node = bytes(12) + b"\xbb" * 20
    slashed = Registry.decode(log_of((Registry.topic(Slashed), node), encode(["uint8", "uint256"], [1, 5])))
    assert isinstance(slashed, Slashed)
    assert slashed.offence is Offence.UNREVEALED_RANDOM
    reason = keccak(b"AlreadyCommitted(bytes32,address)")[:4]
    skipped = Hub.decode(log_of((Hub.topic(EntrySkipped), WORD, node), reason + bytes(28)))
    assert isinstance(skipped, EntrySkipped)
    assert skipped.error == "AlreadyCommitted"
    claim = Gateway.decode(log_of((Gateway.topic(ClaimSkipped), WORD, WORD), b"\xff" * 4 + bytes(28)))
    assert isinstance(claim, ClaimSkipped)
    assert claim.error == "0xffffffff"


def test_events_of_others_are_left_out() -> None:
    """Among a transaction's logs only this contract's count; a foreign topic does not decode."""
    token = Token(chain_over(FakeNode()), HOME)
    topics = (Token.topic(Transfer), bytes(32), bytes(32))
    mine = log_of(topics, encode(["uint256"], [7]))
    foreign = attrs.evolve(mine, address=ZERO_ADDRESS)
    other = attrs.evolve(mine, topics=(WORD, *topics[1:]))
    (transfer,) = token.events([foreign, mine, other, log_of(())], Transfer)
    assert (transfer.value, transfer.from_, transfer.log) == (7, ZERO_ADDRESS, mine)
    with pytest.raises(EncodingError, match="filter by address and topic"):
        Token.decode(other)
    assert Token.topics() == tuple(Token.topic(kind) for kind in Token.EVENTS)


def test_the_version_handshake() -> None:
    """This version passes; another, or no contract at all, is a mismatch that says where."""
    gateway_over(eth_call="0x" + encode(["uint256"], [1]).hex()).check()
    with pytest.raises(VersionMismatch, match=rf"{HOME} on chain 31337 speaks version 2, this package 1"):
        gateway_over(eth_call="0x" + encode(["uint256"], [2]).hex()).check()
    with pytest.raises(VersionMismatch, match="no contract of this kind"):
        gateway_over(eth_call="0x").check()


def test_refusals_of_a_batch_have_names() -> None:
    """A dry run tells for each entry why it would be skipped."""
    late = keccak(b"TooLateToCommit(uint256)")[:4]
    node = FakeNode(eth_call="0x" + encode(["bytes4[]"], [[bytes(4), late]]).hex())
    hub = Hub(chain_over(node), HOME)
    entry = CommitEntry(node=HOME, attempt=1, commitment=Digest(WORD), deadline=9)  # type: ignore[arg-type]
    assert hub.refusals(hub.commit(Digest(WORD), 1, [entry, entry]), HOME) == ("", "TooLateToCommit")


def test_wrappers_show_where_they_are() -> None:
    """For logs and errors."""
    assert repr(gateway_over()) == f"Gateway({HOME})"
    assert Parameter.parse({"type": "tuple[2][]", "name": "x", "components": []}).type == "()[2][]"
    Verifier(chain_over(FakeNode(eth_call="0x")), HOME).require_record(
        Record.without_consensus(WORD, 1)  # type: ignore[arg-type]
    )


def test_calls_are_what_the_abi_says() -> None:
    """Selector and arguments, encoded by another library."""
    hub = Hub(chain_over(FakeNode()), HOME)
    slashed = keccak(b"slashUnrevealed(bytes32,address[])")[:4]
    slashed += encode(["bytes32", "address[]"], [WORD, [HOME]])
    listed = keccak(b"listGateway(uint256,address)")[:4] + encode(["uint256", "address"], [7, HOME])
    assert hub.slash_unrevealed(WORD, [HOME]).data == slashed  # type: ignore[arg-type]
    assert hub.list_gateway(7, HOME).data == listed


def test_more_reads() -> None:
    """Addresses, times and lists come out as they went in."""
    node = FakeNode(eth_call="0x" + encode(["address"], [HOME]).hex())
    hub, registry = Hub(chain_over(node), HOME), Registry(chain_over(node), HOME)
    assert hub.curator() == HOME
    node.answers["eth_call"] = "0x" + encode(["uint256"], [9]).hex()
    assert hub.listed_from(7, HOME) == 9
    node.answers["eth_call"] = "0x" + encode(["uint256[]"], [[3, 0]]).hex()
    assert registry.weights_at([HOME, ZERO_ADDRESS], 4) == (3, 0)
