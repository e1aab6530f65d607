"""What happens to nodes and to the chain: each disaster begins, lasts some blocks, and ends."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType

import attrs
from clockwork import Clockwork
from crew import Member
from moods import MOODS
from requester import Requester

LONGEST = 6
"""Blocks that a disaster lasts at the most: far fewer than a phase has, so a node can always be in time."""

JUMP = (30, 300)
"""Seconds that the chain's clock jumps."""


@attrs.frozen(kw_only=True)
class Scene:
    """What a disaster can touch."""

    dice: Random
    clock: Clockwork
    requester: Requester
    confirmations: int
    hashes: Sequence[str]
    """Of the requests' transactions, as they came."""


End = Callable[[], None]
OfNode = Callable[[Scene, Member], End]
OfChain = Callable[[Scene], None]


def _nothing() -> None:
    """It is over by itself."""


def _killed(_: Scene, member: Member) -> End:
    member.end(signal.SIGKILL)
    return member.start


def _stopped(_: Scene, member: Member) -> End:
    member.end(signal.SIGTERM)
    return member.start


def _frozen(_: Scene, member: Member) -> End:
    """Its process stands still, as on a machine that is suspended."""
    process = member.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    return lambda: process.send_signal(signal.SIGCONT)


def _full_disk(_: Scene, member: Member) -> End:
    assert member.process is not None
    member.disk.fill(member.process.pid)

    def end() -> None:
        member.disk.free()
        if not member.note_end(full=True):
            member.end(signal.SIGKILL)  # a limit on files goes with its process
        member.start()

    return end


def _own_clock(scene: Scene, member: Member) -> End:
    member.turn_clock(scene.dice.choice((-86_400, -600, 600, 86_400)))
    return lambda: member.turn_clock(0)


def _noisy_webhook(scene: Scene, member: Member) -> End:
    """Every request of late three times, in any order, among others that there never were."""
    hashes = [*scene.hashes[-30:], *(f"0x{scene.dice.getrandbits(256):064x}" for _ in range(20))] * 3
    scene.dice.shuffle(hashes)
    for begin in range(0, len(hashes), 40):
        member.push(hashes[begin : begin + 40], scene.dice.getrandbits(64))
    return _nothing


def _moody(name: str) -> OfNode:
    def begin(scene: Scene, member: Member) -> End:
        member.counter.turn(MOODS[name], scene.clock.head)
        return lambda: member.counter.turn(None, scene.clock.head)

    return begin


def _reorganisation(scene: Scene) -> None:
    scene.clock.reorganise(scene.dice.randint(1, scene.confirmations), scene.dice)


def _jump(scene: Scene) -> None:
    scene.clock.jump(scene.dice.randint(*JUMP))


OF_A_NODE: Mapping[str, OfNode] = MappingProxyType(
    {
        "SIGKILL": _killed,
        "SIGTERM": _stopped,
        "suspended": _frozen,
        "full disk": _full_disk,
        "duplicate webhooks": _noisy_webhook,
        "node's own clock jumps": _own_clock,
        **{f"RPC: {name}": _moody(name) for name in MOODS},
    }
)
"""Disasters that one node has, each by the name that it is counted under."""

OF_THE_CHAIN: Mapping[str, OfChain] = MappingProxyType(
    {"reorganisation": _reorganisation, "chain's clock jumps": _jump}
)
"""Disasters that all nodes have."""
