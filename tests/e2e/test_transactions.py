"""Transactions on a real pool: priced out, dropped, reorganised, outbid by others; each call happens once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node_world import EAGER, World

from chainboy.chain import Call, Capped, Chain, ChainProfile, KeySigner, Sender, Spending
from chainboy.chain.outbox import MemoryBook, Outbox
from chainboy.chain.transaction import Transaction
from chainboy.consensus.fields import to_address
from chainboy.contracts.hub_events import Committed, EntrySkipped, Revealed
from chainboy.node.machine import State
from chainboy.testing.backends import AnvilChain
from chainboy.units import Timestamp, Wei

pytestmark = pytest.mark.anvil

GWEI = 10**9
SPIKE = 500 * GWEI
STUCK = 4
"""Seconds, and blocks."""

SINK, OTHER = (to_address(bytes([n]) * 20) for n in (0xA1, 0xA2))


class Pool:
    """A chain whose blocks are mined by hand, and a new account that sends."""

    def __init__(self, backend: AnvilChain) -> None:
        self.backend = backend
        spending = Spending(fees=Capped(bump_bps=30_000, multiple=10**6), stuck_seconds=STUCK)
        profile = ChainProfile(name="anvil", chain_id=31_337, confirmations=2, block_seconds=1)
        self.chain = Chain(backend.web3, profile, spending=spending)
        self.signer = KeySigner.random()
        self.rpc("anvil_setBalance", self.signer.address, hex(10**24))
        self.book: MemoryBook[str] = MemoryBook()
        self.start()

    def start(self) -> None:
        """A new process with what the last one wrote down."""
        self.sender = Sender(self.chain, self.signer)
        self.outbox = Outbox(self.sender, self.book)

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the chain for what only a test chain does."""
        return self.chain.rpc.once(method, *params)

    def mine(self, base_fee: int = GWEI) -> None:
        """A block at this base fee, a second after the one before."""
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        self.backend.travel(Timestamp(self.chain.head().timestamp + 1))

    def settle(self) -> None:
        """Blocks at the usual price until nothing is open."""
        for _ in range(20):
            self.outbox.tend()
            if not self.book.open():
                return
            self.mine()
        raise AssertionError("something stays open")

    def received(self, account: Any) -> int:
        """Coins that arrived."""
        return self.chain.balance(account)


@pytest.fixture(scope="module")
def backend() -> Iterator[AnvilChain]:
    """One chain for all."""
    with AnvilChain() as made:
        yield made


@pytest.fixture
def pool(backend: AnvilChain) -> Iterator[Pool]:
    """Nothing is mined by itself."""
    made = Pool(backend)
    made.mine()
    made.rpc("evm_setAutomine", False)
    for account in (SINK, OTHER):
        made.rpc("anvil_setBalance", account, "0x0")
    yield made
    made.rpc("evm_setAutomine", True)


def pay(account: Any, amount: int) -> Call:
    """What shows how often it was executed."""
    return Call(to=account, value=Wei(amount))


def test_a_spike_of_the_base_fee(pool: Pool) -> None:
    """Priced out for some blocks, outbid by ourselves, mined during the spike, executed once."""
    pool.outbox.submit("first", pay(SINK, 7))
    pool.outbox.submit("second", pay(OTHER, 9))
    for _ in range(40):
        pool.outbox.tend()
        if not pool.outbox.under_way("first"):
            break
        pool.mine(SPIKE)
    assert pool.received(SINK) == 7
    tries = [Transaction.decode(e.signed.raw) for e in pool.book.open() if e.label == "first"]
    assert len(tries) > 1
    assert len({(each.nonce, each.call) for each in tries}) == 1
    assert tries[-1].price.maximum >= SPIKE > tries[0].price.maximum
    pool.settle()
    assert (pool.received(SINK), pool.received(OTHER)) == (7, 9)
    assert pool.chain.nonce(pool.signer.address) == 2


def test_a_cap_in_a_spike(pool: Pool) -> None:
    """Never above it: it waits for the spike to end."""
    pool.chain.spending = Spending(fees=Capped(bump_bps=30_000, cap=50 * GWEI), stuck_seconds=STUCK)
    pool.start()
    pool.outbox.submit("first", pay(SINK, 7))
    for _ in range(4 * STUCK):
        pool.outbox.tend()
        pool.mine(SPIKE)
    assert pool.received(SINK) == 0
    offers = [Transaction.decode(entry.signed.raw).price.maximum for entry in pool.book.open()]
    assert len(offers) > 1
    assert max(offers) <= 50 * GWEI
    pool.settle()
    assert pool.received(SINK) == 7


def test_dropped_in_any_order(pool: Pool) -> None:
    """The pool forgets the first, and then all: both are executed, in order, once."""
    pool.outbox.submit("first", pay(SINK, 7))
    pool.outbox.submit("second", pay(OTHER, 9))
    first, second = (entry.signed.hash for entry in pool.book.open())
    pool.rpc("anvil_dropTransaction", f"0x{first.hex()}")
    pool.outbox.tend()
    pool.rpc("anvil_dropTransaction", f"0x{second.hex()}")
    pool.rpc("anvil_dropTransaction", f"0x{first.hex()}")
    pool.start()
    pool.settle()
    assert (pool.received(SINK), pool.received(OTHER)) == (7, 9)


def test_a_reorganisation_that_loses_it(pool: Pool) -> None:
    """Mined, then its block is gone and no pool has it: it is sent again, as it was."""
    before = pool.rpc("evm_snapshot")
    pool.outbox.submit("first", pay(SINK, 7))
    pool.mine()
    pool.outbox.tend()
    assert not pool.outbox.under_way("first")
    pool.rpc("evm_revert", before)
    assert pool.received(SINK) == 0
    pool.outbox.tend()
    assert pool.outbox.under_way("first")
    assert len(pool.book.open()) == 1
    pool.settle()
    assert pool.received(SINK) == 7


def test_a_killed_process(pool: Pool) -> None:
    """Signed and written down, and gone before the broadcast: the next process sends it, no other call."""

    class Killed(BaseException):
        """The power is cut."""

    def cut(*_: Any) -> Any:
        raise Killed

    once = pool.chain.rpc.once
    pool.chain.rpc.once = lambda method, *params: (cut if "sendRaw" in method else once)(method, *params)  # type: ignore[method-assign]
    with pytest.raises(Killed):
        pool.outbox.submit("first", pay(SINK, 7))
    pool.chain.rpc.once = once  # type: ignore[method-assign]
    pool.start()
    pool.outbox.tend()
    pool.outbox.submit("second", pay(OTHER, 9))
    pool.settle()
    assert (pool.received(SINK), pool.received(OTHER)) == (7, 9)
    assert pool.chain.nonce(pool.signer.address) == 2


def test_a_nonce_used_elsewhere(pool: Pool) -> None:
    """Another program outbids it: what it was for is free at once, under another nonce."""
    pool.outbox.submit("first", pay(SINK, 7))
    (entry,) = pool.book.open()
    thief = Sender(pool.chain, pool.signer)
    fields = Transaction.decode(entry.signed.raw)
    price = Capped(bump_bps=10_000).again(pool.chain.fees(), [fields.price])
    assert price is not None
    stolen = Transaction(chain_id=31_337, nonce=0, call=pay(OTHER, 9), gas=21_000, price=price)
    thief.resend(0, stolen.signed(pool.signer).raw)
    pool.mine()
    pool.outbox.tend()
    assert not pool.outbox.under_way("first")
    pool.outbox.submit("first", pay(SINK, 7))
    pool.settle()
    assert (pool.received(SINK), pool.received(OTHER)) == (7, 9)


def test_a_node_in_bad_weather(tmp_path: Path) -> None:
    """A whole task, every transaction priced out and many dropped: committed and revealed once."""
    with AnvilChain() as backend:
        world = World([100], backend=backend)
        spending = Spending(fees=Capped(bump_bps=30_000, multiple=10**6), stuck_seconds=STUCK)
        chain = Chain(backend.web3, world.profile, spending=spending)
        task, first = world.ask(b"input"), world.chain.head().number
        nonce = chain.nonce(world.signers[0].address)
        chain.rpc.once("evm_setAutomine", False)
        node, dearer = None, set[int]()
        for turn in range(120):
            if node is None or turn % 12 == 0:  # a new process now and then
                if node is not None:
                    node.close()
                node = world.node(0, tmp_path / "journal", chain=chain, policy=EAGER)
            node.step()
            journal = node.parts.journal
            tries = Counter(sent.nonce for sent in journal.unsettled())
            dearer |= {each for each, count in tries.items() if count > 1}
            found = journal.task(task)
            over = found is not None and found.state is State.DONE and not journal.unsettled()
            if over:
                break
            if turn % 7 == 0:
                for sent in journal.unsettled():
                    chain.rpc.once("anvil_dropTransaction", f"0x{sent.tx_hash.hex()}")
            base_fee = SPIKE if tries.keys() - dearer else GWEI
            chain.rpc.once("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
            backend.travel(Timestamp(chain.head().timestamp + 1))
        assert node is not None
        node.close()
        assert over
        assert dearer == set(range(nonce, nonce + 5))  # commit, reveal, finalise, deliver, claim
        logs = chain.logs([world.hub.address], [], first, chain.head().number)
        assert [event.attempt for event in world.hub.events(logs, Committed)] == [1]
        assert len(world.hub.events(logs, Revealed)) == 1
        assert world.hub.events(logs, EntrySkipped) == ()
        assert chain.nonce(world.signers[0].address) == nonce + 5
