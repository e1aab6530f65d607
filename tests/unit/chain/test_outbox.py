"""Everything an account sends, looked after until it is final, over a forgetful pool and lazy blocks."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import requests
from eth_hash.auto import keccak

from chainboy.chain import Call, Capped, ChainProfile, KeySigner, Sender, Spending
from chainboy.chain.outbox import Entry, MemoryBook, Outbox
from chainboy.chain.rpc import RpcRefused
from chainboy.chain.transaction import Transaction
from chainboy.consensus.fields import to_address
from chainboy.errors import ChainError, InsufficientFunds
from chainboy.testing.fake_node import CHAIN_ID, Mempool, Refusal, chain_over

SIGNER = KeySigner(keccak(b"outbox"))
FIRST, SECOND = (Call(to=to_address(bytes([n]) * 20), data=bytes([n])) for n in (1, 2))
CONFIRMATIONS = 4
STUCK = 10
"""Seconds, and blocks."""


class World:
    """A pool, an account, what it has signed; processes come and go."""

    def __init__(self, **spending: Any) -> None:
        self.node = Mempool()
        self.book: MemoryBook[str] = MemoryBook()
        self.spending = Spending(stuck_seconds=STUCK, **spending)
        self.start()

    def start(self) -> None:
        """A new process with what the last one wrote down."""
        profile = ChainProfile(
            name="test", chain_id=CHAIN_ID, confirmations=CONFIRMATIONS, block_seconds=1
        )
        chain = chain_over(self.node, profile=profile, spending=self.spending)
        self.sender = Sender(chain, SIGNER)
        self.outbox = Outbox(self.sender, self.book)

    def wait(self, blocks: int = STUCK) -> None:
        """Blocks pass that leave the pool alone, and the outbox looks before and after."""
        self.outbox.tend()
        self.node.idle(blocks)
        self.outbox.tend()

    @property
    def calls(self) -> list[Call]:
        """What is mined."""
        return [Transaction.decode(raw).call for raw in self.node.mined]


@pytest.fixture
def world() -> World:
    """Nothing is sent yet."""
    return World()


def down(*_: Any) -> Any:
    """An endpoint that is gone."""
    raise requests.ConnectionError("down")


def test_from_the_pool_to_the_final_block(world: World) -> None:
    """Under way until a block has it; in the book until that is final."""
    world.outbox.submit("first", FIRST)
    assert world.outbox.under_way("first")
    assert not world.outbox.under_way("second")
    world.outbox.tend()
    assert world.node.count("eth_sendRawTransaction") == 1
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.calls == [FIRST]
    asked = len(world.node.asked)
    world.outbox.tend()
    assert len(world.node.asked) == asked


def test_stuck(world: World) -> None:
    """The same call for the same nonce at a higher price, after so long and not before."""
    world.outbox.submit("first", FIRST)
    world.wait(STUCK - 1)
    assert len(world.book.open()) == 1
    world.node.idle(1)
    world.outbox.tend()
    old, new = (Transaction.decode(entry.signed.raw) for entry in world.book.open())
    assert (old.nonce, old.call, old.gas) == (new.nonce, new.call, new.gas)
    assert (old.price.maximum, new.price.maximum) == (7, 8)
    assert world.node.pool[0] == world.book.open()[1].signed.raw
    assert world.outbox.under_way("first")
    world.node.mine()
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.calls == [FIRST]


def test_the_older_one_is_mined_after_all(world: World) -> None:
    """Some other pool had it: it is as good."""
    world.outbox.submit("first", FIRST)
    old = world.node.pool[0]
    world.wait()
    assert world.node.pool[0] != old
    world.node.pool[0] = old
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert world.sender.wait(world_hash(world)).status


def world_hash(world: World) -> Any:
    """The hash of the newest transaction that was signed, which is in no block."""
    (newest,) = (tried[-1].hash for tried in world.sender._held.values())
    assert newest != keccak(world.node.mined[0])
    return newest


def test_a_chain_that_stands_still(world: World) -> None:
    """Without new blocks nothing is stuck, however long it takes; nor because of one late block."""
    world.outbox.submit("first", FIRST)
    for _ in range(20):
        world.outbox.tend()
    assert len(world.book.open()) == 1
    header = world.node.answers["eth_getBlockByNumber"]
    late = {"timestamp": hex(10**9)}
    world.node.answers["eth_getBlockByNumber"] = lambda *params: header(*params) | late
    world.node.idle(1)
    world.outbox.tend()
    assert len(world.book.open()) == 1


def test_up_to_the_cap(caplog: pytest.LogCaptureFixture) -> None:
    """Then it waits at the highest price, in the pool."""
    world = World(fees=Capped(cap=9))
    world.outbox.submit("first", FIRST)
    for _ in range(4):
        world.wait()
    prices = [Transaction.decode(entry.signed.raw).price.maximum for entry in world.book.open()]
    assert prices == [7, 8, 9]
    assert "no more may be offered" in caplog.text
    world.node.pool.clear()
    world.wait()
    world.node.mine()
    assert world.calls == [FIRST]


def test_only_the_next_in_line_pays_more(world: World) -> None:
    """What is behind a stuck transaction waits for it at its own price."""
    world.outbox.submit("first", FIRST)
    world.outbox.submit("second", SECOND)
    world.wait()
    assert [entry.label for entry in world.book.open()] == ["first", "first", "second"]
    world.node.mine()
    world.outbox.tend()
    assert world.calls == [FIRST, SECOND]


def test_dropped(world: World) -> None:
    """As it was, byte for byte; the one behind it, too."""
    world.outbox.submit("first", FIRST)
    world.outbox.submit("second", SECOND)
    world.outbox.tend()
    lost = dict(world.node.pool)
    world.node.pool.clear()
    world.outbox.tend()
    assert world.node.pool == lost


def test_a_new_process(world: World) -> None:
    """What was written down and never sent goes out; its nonce is not given away before."""
    world.node.answers["eth_sendRawTransaction"] = down
    with pytest.raises(ChainError):
        world.outbox.submit("first", FIRST)
    assert world.outbox.under_way("first")
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.start()
    world.outbox.tend()
    assert world.outbox.under_way("first")
    world.outbox.submit("second", SECOND)
    world.node.mine()
    assert world.calls == [FIRST, SECOND]


def test_a_new_process_whose_pool_takes_no_such_price(world: World) -> None:
    """What is refused for its price is stuck like what waits: more is offered in time."""
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()
    world.start()

    def dear(raw: bytes) -> None:
        if Transaction.decode(raw).price.maximum < 8:
            raise Refusal("max fee per gas less than block base fee")

    world.node.before_taking = dear
    world.wait()
    assert Transaction.decode(world.node.pool[0]).price.maximum == 8
    world.node.mine()
    assert world.calls == [FIRST]


def test_without_coins_no_more_is_offered(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A higher price would be of no use."""
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()

    def poor(_: bytes) -> None:
        raise Refusal("insufficient funds for gas * price + value")

    world.node.before_taking = poor
    for _ in range(3):
        world.wait()
    assert len(world.book.open()) == 1
    assert "cannot be sent again" in caplog.text


def test_a_new_process_goes_on_offering(world: World) -> None:
    """It knows all that was offered before, and offers more than that."""
    world.outbox.submit("first", FIRST)
    world.wait()
    world.start()
    world.wait()
    prices = [Transaction.decode(entry.signed.raw).price.maximum for entry in world.book.open()]
    assert prices == [7, 8, 9]
    assert Transaction.decode(world.node.pool[0]).price.maximum == 9


@pytest.mark.parametrize("again", [False, True])
def test_killed_after_writing_it_down(world: World, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    """At the first price or at a higher one: the next process sends just that, and the call happens once."""

    class Killed(BaseException):
        """The power is cut."""

    keep = MemoryBook.keep

    def cut(book: Any, entry: Any, *, again: bool) -> None:
        keep(book, entry, again=again)
        raise Killed

    if again:
        world.outbox.submit("first", FIRST)
        world.outbox.tend()
        world.node.idle(STUCK)
    monkeypatch.setattr(MemoryBook, "keep", cut)
    with pytest.raises(Killed):
        world.outbox.tend() if again else world.outbox.submit("first", FIRST)
    monkeypatch.undo()
    newest = world.book.open()[-1].signed.raw
    assert newest not in world.node.pool.values()
    world.start()
    world.outbox.tend()
    assert world.node.pool == {0: newest}
    world.node.mine()
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert (world.calls, world.book.open()) == ([FIRST], [])


def test_reorganised(world: World) -> None:
    """Mined, and then not: it is under way again, and sent again when the pool lost it."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    world.outbox.tend()
    world.node.revert()
    world.outbox.tend()
    assert world.outbox.under_way("first")
    world.node.mine()
    world.outbox.tend()
    assert world.calls == [FIRST]
    assert not world.outbox.under_way("first")


def test_a_mined_one_costs_one_question_a_look(world: World) -> None:
    """Its receipt is read when it is seen mined and again when its block is final, not in between."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    for _ in range(CONFIRMATIONS + 1):
        world.outbox.tend()
        world.node.idle(1)
    assert world.book.open() == []
    assert world.node.count("eth_getTransactionReceipt") == 2


def test_mined_again_in_a_later_block(world: World) -> None:
    """It is final by the block that has it now."""
    world.outbox.submit("first", FIRST)
    world.node.mine()
    world.outbox.tend()
    raw = world.node.mined[0]
    world.node.revert()
    world.node.idle(CONFIRMATIONS - 1)
    world.node.pool[0] = raw
    world.node.mine()
    world.outbox.tend()
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []


def test_a_nonce_used_elsewhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The label is free at once; the book lets go when that is final, and says why."""
    world.outbox.submit("first", FIRST)
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(99))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("first")
    assert len(world.book.open()) == 1
    world.node.idle(CONFIRMATIONS)
    world.outbox.tend()
    assert world.book.open() == []
    assert "let no other program use the key" in caplog.text


def test_a_gap(world: World) -> None:
    """A nonce that somebody else's forgotten transaction leaves open goes to the next call."""
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(99))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.outbox.submit("first", FIRST)
    del world.node.pool[0]
    world.outbox.submit("second", SECOND)
    world.node.mine()
    assert world.calls == [SECOND, FIRST]


def price(maximum: int) -> Any:
    """A legacy price."""
    from chainboy.chain import Price  # noqa: PLC0415

    return Price(maximum=maximum)


@pytest.mark.parametrize(
    ("words", "kind"), [("transaction underpriced", RpcRefused), ("insufficient funds", InsufficientFunds)]
)
def test_refused_at_once(world: World, words: str, kind: type[Exception]) -> None:
    """Not under way, in no book, and its nonce goes to the next call."""

    def refuse(*_: Any) -> Any:
        raise Refusal(words)

    world.node.answers["eth_sendRawTransaction"] = refuse
    with pytest.raises(kind):
        world.outbox.submit("first", FIRST)
    assert not world.outbox.under_way("first")
    assert world.book.open() == []
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.outbox.submit("second", SECOND)
    assert list(world.node.pool) == [0]


@pytest.mark.parametrize("words", ["transaction underpriced", "insufficient funds"])
def test_refused_later(world: World, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """It keeps its nonce, for another pool may have it; told, and tried again at the next look."""
    caplog.set_level(logging.INFO)
    world.outbox.submit("first", FIRST)
    world.node.pool.clear()

    def refuse(*_: Any) -> Any:
        raise Refusal(words)

    world.node.answers["eth_sendRawTransaction"] = refuse
    world.outbox.tend()
    assert world.outbox.under_way("first")
    assert "again" in caplog.text
    world.node.answers["eth_sendRawTransaction"] = world.node._take
    world.outbox.tend()
    world.node.mine()
    assert world.calls == [FIRST]


def test_a_blocked_nonce_is_freed(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody remembers is outbid by a payment of nothing to oneself, at prices that grow."""
    caplog.set_level(logging.INFO)
    stranger = Transaction(chain_id=CHAIN_ID, nonce=0, call=SECOND, gas=21_000, price=price(9))
    world.node.pool[0] = stranger.signed(SIGNER).raw
    world.outbox.cancel(0, "a blocked nonce")
    assert Transaction.decode(world.node.pool[0]).call == SECOND
    for _ in range(5):
        world.wait()
    assert Transaction.decode(world.node.pool[0]).call == Call(to=SIGNER.address)
    world.node.mine()
    world.outbox.tend()
    assert not world.outbox.under_way("a blocked nonce")


def test_one_entry_a_price() -> None:
    """A book keeps all that was signed for a call, and sets aside what was refused."""
    book: MemoryBook[str] = MemoryBook()
    world = World()
    world.outbox.submit("first", FIRST)
    (entry,) = world.book.open()
    other = Entry("second", entry.signed)
    book.keep(entry, again=False)
    book.keep(other, again=True)
    assert book.open() == [entry, other]
    book.keep(other, again=False)
    assert book.open() == [other]
    book.settle(0)
    assert book.open() == []
