"""Reads through endpoints that fail, lie or talk nonsense: a value or one clear error, nothing else."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
import requests
from eth_abi.abi import encode
from eth_tester.exceptions import TransactionFailed
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3
from web3.exceptions import ExtraDataLengthError

from chainboy.chain import Call, Chain, ChainProfile, FeeRule, connect
from chainboy.chain.client import ATTEMPTS
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.errors import ChainError, ConfigError, ContractRefused, TooManyLogs, WrongChain
from chainboy.testing.fake_node import CHAIN_ID, HASH, FakeNode, Refusal, chain_over, header

TARGET = to_address(b"\x11" * 20)
CALL = Call(to=TARGET, data=b"\x01\x02")


def log(**fields: Any) -> dict[str, Any]:
    """A log as an endpoint gives it."""
    place = {"blockNumber": "0x5", "blockHash": HASH, "transactionHash": HASH, "logIndex": "0x0"}
    return place | {"address": TARGET.lower(), "topics": [HASH], "data": "0x"} | fields


def raising(error: Exception) -> Any:
    """An answer that raises ``error``."""

    def answer(*_: Any) -> Any:
        raise error

    return answer


def test_reads_a_block() -> None:
    """A header's fields come with their units."""
    chain = chain_over(FakeNode(eth_getBlockByNumber=lambda name, _: header(int(name, 16))))
    ref = chain.block(7)
    assert (ref.number, ref.timestamp, ref.parent_hash) == (7, 1_007, b"\xab" * 32)


def test_the_handshake_finds_the_wrong_chain() -> None:
    """An endpoint of another chain is named, with what to do."""
    chain_over(FakeNode()).check()
    with pytest.raises(WrongChain, match=rf"serves chain 5, not local \({CHAIN_ID}\)"):
        chain_over(FakeNode(eth_chainId="0x5")).check()


def test_accepts_headers_of_proof_of_authority() -> None:
    """Extra data of 97 bytes passes, through web3 itself too where the profile says so."""
    node = FakeNode(eth_getBlockByNumber=lambda *_: header(1, extraData="0x" + "00" * 97))
    clique = ChainProfile(name="clique", chain_id=CHAIN_ID, confirmations=20, block_seconds=3, poa=True)
    assert chain_over(node, profile=clique).head().number == 1
    web3 = chain_over(node, profile=clique).web3
    assert Chain(web3, clique).web3.eth.get_block("latest")["number"] == 1
    with pytest.raises(ExtraDataLengthError):
        chain_over(node).web3.eth.get_block("latest")


def test_a_missing_block_may_come_later() -> None:
    """A block the endpoint does not have is an error that says to try again."""
    with pytest.raises(ChainError, match="does not have block 0x9 yet; try again later"):
        chain_over(FakeNode(eth_getBlockByNumber=None)).block(9)


def test_another_block_than_asked_for_is_a_lie() -> None:
    """The number in the answer is checked."""
    with pytest.raises(ChainError, match="gave block 1 for block 2"):
        chain_over(FakeNode(eth_getBlockByNumber=lambda *_: header(1))).block(2)


FAILURES = [
    (requests.ConnectionError("refused"), "cannot be reached"),
    (requests.Timeout("slow"), "did not answer eth_chainId in time"),
    (requests.HTTPError("502 Server Error"), "with an error"),
    (requests.exceptions.JSONDecodeError("no JSON", "<html>", 0), "is garbage"),
    (ConnectionResetError("reset"), "cannot be reached"),
]


@pytest.mark.parametrize(("failure", "words"), FAILURES)
def test_a_failing_transport_is_tried_again_and_then_told(failure: Exception, words: str) -> None:
    """Reads are asked a few times; the error is one sentence and keeps its cause."""
    node = FakeNode(eth_chainId=raising(failure))
    with pytest.raises(ChainError, match=words) as caught:
        chain_over(node).check()
    assert node.count("eth_chainId") == ATTEMPTS
    assert caught.value.__cause__ is failure


def test_a_transport_that_recovers_is_not_noticed() -> None:
    """Two failures, then the answer."""
    answers = iter([requests.ConnectionError("down"), requests.Timeout("slow")])

    def recovering(*_: Any) -> Any:
        for error in answers:
            raise error
        return hex(CHAIN_ID)

    chain_over(FakeNode(eth_chainId=recovering)).check()


def test_a_refusal_is_not_asked_for_twice_but_a_rate_limit_is() -> None:
    """Only what may change by itself is tried again."""
    node = FakeNode(eth_getBalance=raising(Refusal("state is pruned")))
    with pytest.raises(ChainError, match="refused eth_getBalance: state is pruned"):
        chain_over(node).balance(TARGET)
    assert node.count("eth_getBalance") == 1
    node = FakeNode(eth_getBalance=raising(Refusal("slow down", -32005)))
    with pytest.raises(ChainError):
        chain_over(node).balance(TARGET)
    assert node.count("eth_getBalance") == ATTEMPTS


REVERTS = [
    Refusal("execution reverted", 3, "0x01020304"),
    Refusal("execution reverted", -32000, "0x01020304"),
    Refusal("VM Exception while processing transaction: revert", -32603, {"data": "0x01020304"}),
    Refusal("VM execution error.", -32015, "Reverted 0x01020304"),
]


@pytest.mark.parametrize("refusal", REVERTS)
def test_finds_the_revert_data_wherever_servers_put_it(refusal: Refusal) -> None:
    """The call's own ``explain`` is given what the contract reverted with."""
    seen: list[bytes] = []

    def explain(data: bytes) -> ContractRefused:
        seen.append(data)
        return ContractRefused("explained")

    call = Call(to=TARGET, explain=explain)
    with pytest.raises(ContractRefused, match="explained"):
        chain_over(FakeNode(eth_call=raising(refusal))).call(call)
    assert seen == [b"\x01\x02\x03\x04"]


IN_PROCESS = [
    (TransactionFailed("execution reverted: b'\\x01\\x02'"), "0x0102"),
    (TransactionFailed("execution reverted: no way"), encode(["string"], ["no way"]).hex()),
    (TransactionFailed("execution reverted: b'"), encode(["string"], ["b'"]).hex()),
]


@pytest.mark.parametrize(("failure", "shown"), IN_PROCESS)
def test_reads_what_py_evm_tells(failure: Exception, shown: str) -> None:
    """Text of a bytes literal, a decoded string, and a string that only looks like a literal."""
    with pytest.raises(ContractRefused, match=shown):
        chain_over(FakeNode(eth_call=raising(failure))).call(CALL)


def test_revert_data_that_is_no_hex_is_left_out() -> None:
    """The endpoint's words are what is left."""
    node = FakeNode(eth_call=raising(Refusal("execution reverted", 3, "0xzz")))
    with pytest.raises(ContractRefused, match="gave no reason"):
        chain_over(node).call(CALL)


def test_a_revert_without_data_keeps_the_endpoints_words() -> None:
    """Nothing to explain: the server's sentence is passed on."""
    node = FakeNode(eth_call=raising(Refusal("execution reverted", 3)))
    with pytest.raises(ContractRefused, match=r"gave no reason \(execution reverted\)"):
        chain_over(node).call(CALL)


def test_an_unexplained_revert_shows_its_data() -> None:
    """A call that nobody gave an explanation for shows the raw data."""
    node = FakeNode(eth_call=raising(Refusal("execution reverted", 3, "0xdeadbeef")))
    with pytest.raises(ContractRefused, match="0xdeadbeef"):
        chain_over(node).call(CALL)


def test_an_estimate_without_a_reason_asks_the_call_for_it() -> None:
    """Some endpoints explain a revert in eth_call only."""
    node = FakeNode(
        eth_estimateGas=raising(Refusal("gas required exceeds allowance (30000000)")),
        eth_call=raising(Refusal("execution reverted", 3, "0xdeadbeef")),
    )
    with pytest.raises(ContractRefused, match="0xdeadbeef"):
        chain_over(node).estimate_gas(CALL, TARGET)
    node.answers["eth_call"] = "0x"
    with pytest.raises(ContractRefused, match="gas required exceeds"):
        chain_over(node).estimate_gas(CALL, TARGET)


def test_a_call_says_who_where_and_when() -> None:
    """Sender, target, value and block reach the endpoint as JSON-RPC writes them."""
    seen: list[Any] = []

    def answer(*params: Any) -> str:
        seen.append(params)
        return "0x0a"

    chain = chain_over(FakeNode(eth_call=answer))
    assert chain.call(Call(to=TARGET, data=b"\xff"), block=16, sender=ZERO_ADDRESS) == b"\x0a"
    assert seen == [({"data": "0xff", "value": "0x0", "to": TARGET, "from": ZERO_ADDRESS}, "0x10")]


def test_logs_come_in_order_with_all_their_fields() -> None:
    """Sorted by block and index; addresses in their EIP-55 form; filters as JSON-RPC writes them."""
    seen: list[Any] = []

    def answer(wanted: Any) -> Any:
        seen.append(wanted)
        return [log(logIndex="0x1", data="0xff"), log(logIndex="0x0")]

    one, two = chain_over(FakeNode(eth_getLogs=answer)).logs([TARGET], [b"\x01", None, [b"\x02"]], 1, 9)
    assert (one.log_index, two.log_index, two.data) == (0, 1, b"\xff")
    assert (one.address, one.chain_id, one.topics) == (TARGET, CHAIN_ID, (b"\xab" * 32,))
    assert seen[0]["topics"] == ["0x01", None, ["0x02"]]
    assert (seen[0]["fromBlock"], seen[0]["toBlock"], list(seen[0]["address"])) == ("0x1", "0x9", [TARGET])


LONG_RANGES = [Refusal("query returned more than 10000 results", -32005), requests.Timeout()]


@pytest.mark.parametrize("failure", LONG_RANGES)
def test_too_many_logs_are_told_apart(failure: Exception) -> None:
    """A refused or slow range is not asked for again as it is."""
    node = FakeNode(eth_getLogs=raising(failure))
    with pytest.raises(TooManyLogs, match="blocks 1 to 9"):
        chain_over(node).logs([TARGET], [], 1, 9)
    assert node.count("eth_getLogs") == 1


@pytest.mark.parametrize("wrong", [{"blockNumber": "0xff"}, {"address": ZERO_ADDRESS}])
def test_logs_nobody_asked_for_are_refused(wrong: dict[str, str]) -> None:
    """A log outside of the range or of another contract must not reach a consumer."""
    with pytest.raises(ChainError, match="nobody asked for"):
        chain_over(FakeNode(eth_getLogs=[log(**wrong)])).logs([TARGET], [], 1, 9)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0x", "0x1", HASH]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*header(1), *log(), "status", "gasUsed", "logs"]), inner, max_size=12),
    max_leaves=12,
)
READS: dict[str, Any] = {
    "eth_chainId": lambda chain: chain.check(),
    "eth_getBlockByNumber": lambda chain: chain.head(),
    "eth_getLogs": lambda chain: chain.logs([TARGET], [], 1, 9),
    "eth_getTransactionReceipt": lambda chain: chain.receipt(bytes(32)),
    "eth_getBalance": lambda chain: chain.balance(TARGET),
    "eth_getTransactionCount": lambda chain: chain.nonce(TARGET),
    "eth_getCode": lambda chain: chain.code(TARGET),
    "eth_call": lambda chain: chain.call(CALL),
}


@pytest.mark.parametrize("method", READS)
@given(answer=JSON)
def test_any_answer_is_a_value_or_a_clear_error(method: str, answer: Any) -> None:
    """Whatever JSON an endpoint makes up, nothing but this package's errors comes out."""
    chain = chain_over(FakeNode(**{method: answer}), attempts=1)
    with suppress(ChainError, WrongChain):
        READS[method](chain)


def test_an_in_process_backend_is_asked_by_one_thread_at_a_time() -> None:
    """With a lock no two requests overlap, however many threads ask."""
    inside = threading.Semaphore(1)
    overlaps: list[bool] = []

    def answer(*_: Any) -> str:
        overlaps.append(not inside.acquire(blocking=False))
        time.sleep(0.001)
        inside.release()
        return "0x1"

    lock = threading.RLock()
    chain = chain_over(FakeNode(eth_getBalance=answer), lock=lock)
    assert chain.lock is lock
    threads = [threading.Thread(target=lambda: chain.balance(TARGET)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(overlaps) == 16
    assert not any(overlaps)


def test_connecting_asks_nothing_and_refuses_other_schemes() -> None:
    """No request before the handshake; addresses of unknown schemes are a configuration error."""
    profile = ChainProfile.local(CHAIN_ID)
    assert connect("http://127.0.0.1:1", profile).chain_id == CHAIN_ID
    assert connect("/nowhere/geth.ipc", profile).chain_id == CHAIN_ID
    with pytest.raises(ConfigError, match="ftp://x is no endpoint"):
        connect("ftp://x", profile)


def test_any_web3_can_be_given() -> None:
    """The connection stays within reach."""
    web3 = Web3(FakeNode())
    assert Chain(web3, ChainProfile.local(CHAIN_ID)).web3 is web3


NOW = {"eth_gasPrice": "0x9", "eth_maxPriorityFeePerGas": "0x2"}
"""What an endpoint advises to offer."""


@pytest.mark.parametrize(
    ("rule", "base", "offered"),
    [
        (FeeRule.AUTO, "0x5", (12, 2)),
        (FeeRule.EIP1559, "0x5", (12, 2)),
        (FeeRule.LEGACY, "0x5", (9, None)),
        (FeeRule.AUTO, None, (9, None)),
        (FeeRule.LEGACY, None, (9, None)),
    ],
)
def test_fees_follow_the_profile(rule: FeeRule, base: str | None, offered: tuple[int, int | None]) -> None:
    """Always legacy where it says so; by itself, as the newest block has it."""
    fields = {} if base is None else {"baseFeePerGas": base}
    node = FakeNode(eth_getBlockByNumber=lambda *_: header(1, **fields), **NOW)
    profile = ChainProfile(name="x", chain_id=CHAIN_ID, confirmations=0, block_seconds=1, fees=rule)
    fees = Chain(Web3(node), profile).fees()
    assert (fees.maximum, fees.priority) == offered


def test_eip1559_needs_a_base_fee() -> None:
    """The chain is named, and what to set instead."""
    node = FakeNode(eth_getBlockByNumber=lambda *_: header(1), **NOW)
    rule = FeeRule.EIP1559
    profile = ChainProfile(name="old", chain_id=CHAIN_ID, confirmations=0, block_seconds=1, fees=rule)
    with pytest.raises(ConfigError, match="old has no base fee; set its fees to legacy or auto"):
        Chain(Web3(node), profile).fees()


PROFILES = [
    ({"chain_id": 0}, "chain_id must be above zero"),
    ({"confirmations": -1}, "confirmations must not be negative"),
    ({"block_seconds": 0}, "block_seconds must be 1 or more"),
]


@pytest.mark.parametrize(("wrong", "words"), PROFILES)
def test_impossible_profiles_are_refused(wrong: dict[str, int], words: str) -> None:
    """The key that is wrong is named."""
    figures: dict[str, Any] = {"chain_id": 1, "confirmations": 0, "block_seconds": 1} | wrong
    with pytest.raises(ConfigError, match=words):
        ChainProfile(name="x", **figures)


def test_known_chains() -> None:
    """Siberium's ids, from the public list of chains."""
    assert (ChainProfile.siberium().chain_id, ChainProfile.siberium_testnet().chain_id) == (111_111, 111_000)
