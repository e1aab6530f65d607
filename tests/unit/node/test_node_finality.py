"""What a node remembers of final blocks: how often it asks for them, and how far it goes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chainboy.consensus.encoding import keccak
from chainboy.events.log import BlockRef
from chainboy.node.finality import Finality
from chainboy.node.home import Blocks
from chainboy.node.journal import Journal
from chainboy.node.rows import Identity
from chainboy.testing.fake_chain import CHAIN_ID, GATEWAY_PROFILE, HUB, HUB_PROFILE, FakeChain
from chainboy.testing.fake_home import FakeHome
from chainboy.units import Digest, Timestamp

NODE = HUB
K = 3
LIFE = HUB_PROFILE.max_task_life + GATEWAY_PROFILE.refund_margin


class Asked(FakeHome):
    """Answers by a rule of the test: which blocks have their first hash still."""

    def __init__(self) -> None:
        super().__init__(FakeChain({}), NODE)
        self.stands: Callable[[int], bool] = lambda _: True
        self.asked: list[int] = []

    def holds(self, number: int, block_hash: Digest) -> bool:
        """As the test says."""
        assert block_hash == block(number).hash
        self.asked.append(number)
        return self.stands(number)


def block(number: int) -> BlockRef:
    """A block a second."""
    return BlockRef(
        number=number,
        hash=keccak(str(number).encode()),
        parent_hash=keccak(str(number - 1).encode()),
        timestamp=Timestamp(1_000 + number),
    )


def at(number: int) -> Blocks:
    """The chain with its head here."""
    return Blocks(head=block(number), deep=block(number - K))


@pytest.fixture
def home() -> Asked:
    """All blocks stand."""
    return Asked()


@pytest.fixture
def journal() -> Journal:
    """An empty one."""
    return Journal(":memory:", Identity(chain_id=CHAIN_ID, hub=HUB, node=NODE))


def relying(home: Asked, journal: Journal, *numbers: int) -> Finality:
    """A node that has relied on these blocks, after a restart."""
    before = Finality(journal, home)
    for number in numbers:
        before.rely(block(number))
        before.rely(block(number))
    return Finality(journal, home)


def test_nothing_is_asked_where_nothing_followed(home: Asked, journal: Journal) -> None:
    """An idle node asks for no block more, and one whose tasks must be over by now neither."""
    assert Finality(journal, home).lost_after(at(50)) is None
    finality = relying(home, journal, 50)
    assert finality.lost_after(at(50 + LIFE + K + 1)) is None
    assert home.asked == []
    assert finality.lost_after(at(50 + LIFE + K)) is None
    assert home.asked == [50]


def test_it_is_asked_every_k_blocks(home: Asked, journal: Journal) -> None:
    """All after a restart; then for the newest that was found, and what the node has relied on since."""
    finality = relying(home, journal, 40, 50)
    for head in range(53, 63):
        assert finality.lost_after(at(head)) is None
    assert home.asked == [40, 50, 50, 50, 50]
    finality.rely(block(60))
    assert finality.lost_after(at(65)) is None
    assert home.asked[5:] == [50, 60]


@pytest.mark.parametrize(("fork", "after"), [(49, 40), (40, 40), (39, 30)])
def test_how_far_it_goes_back(home: Asked, journal: Journal, fork: int, after: int) -> None:
    """To the newest block that is still there; said again until it is dealt with, and then no more."""
    finality = relying(home, journal, 30, 40, 50)
    home.stands = lambda number: number <= fork
    assert finality.lost_after(at(55)) == after
    assert Finality(journal, home).lost_after(at(55)) == after
    finality.forget_lost()
    assert finality.lost_after(at(60)) is None
    assert Finality(journal, home).lost_after(at(60)) is None


@pytest.mark.parametrize(("numbers", "after"), [((30, 40, 50), -1), ((400, 410, 450), 334), ((90,), 74)])
def test_where_all_are_gone(home: Asked, journal: Journal, numbers: tuple[int, ...], after: int) -> None:
    """As far before them again, and a little more."""
    finality = relying(home, journal, *numbers)
    home.stands = lambda _: False
    assert finality.lost_after(at(460)) == after
    finality.forget_lost()
    assert finality.lost_after(at(470)) is None


@pytest.mark.parametrize("checked", [False, True])
def test_later_blocks_hide_none_that_are_gone(home: Asked, journal: Journal, checked: bool) -> None:
    """The node may have relied on blocks of the new chain before it looks for those of the old one."""
    finality = relying(home, journal, 30, 40)
    if checked:
        assert finality.lost_after(at(45)) is None
    finality.rely(block(50))
    home.stands = lambda number: number in (30, 60)
    finality.rely(block(60))
    assert finality.lost_after(at(65)) == 30
    finality.forget_lost()
    assert Finality(journal, home).lost_after(at(70)) is None
    home.stands = lambda number: number == 30
    assert Finality(journal, home).lost_after(at(75)) == 30


def test_a_shorter_chain_is_asked_for_what_it_has(home: Asked, journal: Journal) -> None:
    """Blocks above its head say nothing: an endpoint may be behind."""
    finality = relying(home, journal, 40, 50)
    home.stands = lambda number: number < 45
    assert finality.lost_after(at(45)) is None
    assert finality.lost_after(at(39)) is None
    assert finality.lost_after(at(51)) == 40


def test_only_the_newest_are_kept(home: Asked, journal: Journal) -> None:
    """Sixteen: it is as long as that in the journal, too."""
    relying(home, journal, *range(100))
    home.stands = lambda number: number < 80
    assert Finality(journal, home).lost_after(at(110)) == 84 - 15 - 16
