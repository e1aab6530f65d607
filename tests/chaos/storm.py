"""A run: requests come, disasters are dealt like cards, and at the end there is calm until all is settled."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import attrs
from clockwork import Clockwork
from counter import counters
from crew import Member, wait_until_ready
from disasters import LONGEST, OF_A_NODE, OF_THE_CHAIN, End, Scene
from invariants import Chronicle
from node_world import World
from requester import Requester

from chainboy.content.directory import DirectoryStore
from chainboy.testing.backends import AnvilChain

CONFIRMATIONS = 3
CALM = 4
"""Blocks between two disasters of a node, at the least."""

PATIENCE = 400
"""Blocks after the last request in which everything must be settled."""


@attrs.frozen(kw_only=True)
class Plan:
    """How much happens; ``every``: blocks between two requests, ``deal``: between two disasters."""

    tasks: int
    seed: int
    nodes: int = 5
    every: int = 2
    deal: int = 1
    pause: float = 0.1


@attrs.define
class _Trouble:
    until: int
    end: End


class Storm:
    """One run of a plan over nodes that exist."""

    def __init__(self, plan: Plan, world: World, backend: AnvilChain, members: Sequence[Member]) -> None:
        self.plan = plan
        self.world = world
        self.members = members
        self.clock = Clockwork(backend, pause=plan.pause)
        self.dice = Random(plan.seed)
        self.requester = Requester(world, backend, Random(plan.seed + 1))
        self.disasters: Tally[str] = Tally()
        self.hashes: list[str] = []
        self.seconds = 0.0
        self.first_block = self._last_ask = self.clock.head
        self._deck: list[str] = []
        self._troubles: dict[Member, _Trouble] = {}
        self._free_from: dict[Member, int] = dict.fromkeys(members, 0)

    def run(self, tell: Callable[[str], object] = lambda _: None) -> Chronicle:
        """Until everything is settled; what the chain then says."""
        began = time.monotonic()
        for member in self.members:
            member.start()
        wait_until_ready(self.members)
        self.first_block = self.clock.head
        while not self._over():
            head = self._block()
            if self.requester.sent < self.plan.tasks and head % self.plan.every == 0:
                self._ask()
            if self._stormy and head % self.plan.deal == 0:
                self._deal()
            if head % 100 == 0:
                tell(f"block {head}: {self.requester.sent} requests, {self.disasters.total()} disasters")
        self.seconds = time.monotonic() - began
        return Chronicle.read(self.world, [member.address for member in self.members])

    @property
    def _stormy(self) -> bool:
        """Disasters go on while there are requests, and until each kind has happened."""
        known = {*OF_A_NODE, *OF_THE_CHAIN}
        return self.requester.sent < self.plan.tasks or self.disasters.keys() != known

    def _block(self) -> int:
        for member, trouble in list(self._troubles.items()):
            if trouble.until <= self.clock.head:
                self._end(member)
        for member in self.members:
            if member not in self._troubles and member.note_end():
                member.start()
        head = self.clock.tick(each for each in self.members if each not in self._troubles)
        self.requester.keep_asking()
        return head

    def _ask(self) -> None:
        self.hashes.append(self.requester.ask())
        for member in self.members:
            if member.alive and member not in self._troubles:
                member.push(self.hashes[-1:], self.dice.getrandbits(64))

    def _deal(self) -> None:
        """Turn the next card over; a node's disaster waits for a node that had none for a while."""
        if not self._deck:
            self._deck = [*OF_A_NODE, *OF_THE_CHAIN] + ["SIGKILL", "reorganisation"] * 2
            self.dice.shuffle(self._deck)
        scene = Scene(
            dice=self.dice,
            clock=self.clock,
            requester=self.requester,
            confirmations=self.world.profile.confirmations,
            hashes=self.hashes,
        )
        card = self._deck[-1]
        if card in OF_THE_CHAIN:
            OF_THE_CHAIN[card](scene)
        else:
            ready = [member for member in self.members if self._is_ready(member)]
            if not ready:
                return
            member = self.dice.choice(ready)
            until = self.clock.head + self.dice.randint(1, LONGEST)
            self._troubles[member] = _Trouble(until, OF_A_NODE[card](scene, member))
        self._deck.pop()
        self.disasters[card] += 1

    def _is_ready(self, member: Member) -> bool:
        """It works, and its last disaster was some blocks ago."""
        calm = member not in self._troubles and self._free_from[member] <= self.clock.head
        return calm and member.alive and member.counter.seen >= 0

    def _end(self, member: Member) -> None:
        self._troubles.pop(member).end()
        self._free_from[member] = self.clock.head + CALM

    def _over(self) -> bool:
        """Nothing happens any more, and the chain has all that it is to have."""
        if self._stormy or self._troubles or not self.requester.settled:
            self._last_ask = self.clock.head
            return False
        if self.clock.head % 10:
            return False
        late = self.clock.head > self._last_ask + PATIENCE
        return late or Chronicle.read(self.world, [each.address for each in self.members]).settled


@contextmanager
def storm(plan: Plan, folder: Path) -> Iterator[Storm]:
    """A chain, nodes of about the same weight, and everything that a run needs; all closed at the end."""
    with ExitStack() as stack:
        backend = stack.enter_context(AnvilChain())
        bonds = [100 + index for index in range(plan.nodes)]
        world = World(bonds, confirmations=CONFIRMATIONS, backend=backend)
        world.content = DirectoryStore(folder / "content")
        places = stack.enter_context(counters(backend.url, plan.nodes, confirmations=CONFIRMATIONS))
        members = []
        for index, place in enumerate(places):
            members.append(Member(index, world, place, folder / f"node{index}"))
            stack.callback(members[-1].close)
        yield Storm(plan, world, backend, members)
