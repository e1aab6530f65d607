"""Work in order of urgency, which can change while it waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from chainboy.node.budget import Due
from chainboy.node.line import Line


class Gate:
    """A line of one thread, which is held up until it is opened."""

    def __init__(self) -> None:
        self.line: Line[None] = Line(1)
        self.done: list[str] = []
        self._open = threading.Event()
        self._begun = threading.Event()
        self.line.join(self._hold, Due(by=0))
        assert self._begun.wait(5)

    def _hold(self) -> None:
        self._begun.set()
        assert self._open.wait(5)

    def open(self) -> list[str]:
        """Let all run, and tell in which order it did."""
        self._open.set()
        self.line.join(lambda: None, Due(by=99)).future.result(5)
        return self.done


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A fresh one."""
    gate = Gate()
    yield gate
    gate.open()
    gate.line.close()


def test_in_order_of_urgency(gate: Gate) -> None:
    """Bound first, then by date; equals in the order they came."""
    for name, due in [("b1", Due(by=5)), ("c", Due(by=6)), ("a", Due(by=9, bound=True)), ("b2", Due(by=5))]:
        gate.line.join(lambda name=name: gate.done.append(name), due)
    assert gate.open() == ["a", "b1", "b2", "c"]


def test_urgency_changes_there_and_back(gate: Gate) -> None:
    """The last word counts, and nothing is done twice."""
    a = gate.line.join(lambda: gate.done.append("a"), Due(by=5))
    gate.line.join(lambda: gate.done.append("b"), Due(by=4))
    for by in (3, 6, 3, 3, 5, 3):
        gate.line.hurry(a, Due(by=by))
    assert gate.open() == ["a", "b"]
    gate.line.hurry(a, Due(by=1))
    assert gate.open() == ["a", "b"]


def test_what_is_cancelled_is_skipped(gate: Gate) -> None:
    """However often it was moved before."""
    a = gate.line.join(lambda: gate.done.append("a"), Due(by=5))
    gate.line.hurry(a, Due(by=3))
    gate.line.hurry(a, Due(by=5))
    gate.line.join(lambda: gate.done.append("b"), Due(by=6))
    assert a.future.cancel()
    assert gate.open() == ["b"]


def test_errors_are_the_futures(gate: Gate) -> None:
    """The thread lives on."""
    place = gate.line.join(lambda: 1 // 0, Due(by=5))  # type: ignore[arg-type, return-value]
    gate.open()
    assert isinstance(place.future.exception(5), ZeroDivisionError)


def test_closing_begins_nothing() -> None:
    """What waits is left."""
    gate = Gate()
    gate.line.join(lambda: gate.done.append("a"), Due(by=5))
    closing = threading.Thread(target=gate.line.close)
    closing.start()
    gate._open.set()
    closing.join(5)
    assert gate.done == []
