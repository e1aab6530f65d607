"""The state machine: its table is complete, its states are reached and left, its picture is current."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainboy.node import machine
from chainboy.node.machine import DUTIES, TABLE, TERMINAL, Duty, Event, IllegalEvent, State, advance, diagram

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "docs" / "nodes.md"
PURE = ("machine", "view", "duty", "policy", "salts", "rows", "home")


@given(st.sampled_from(State), st.lists(st.sampled_from(Event), max_size=30))
def test_illegal_events_change_nothing(state: State, events: list[Event]) -> None:
    """Whatever comes, the state follows the table or stays, a terminal state while K blocks are final."""
    for event in events:
        legal = (state, event) in TABLE
        if legal:
            assert state not in TERMINAL or event is Event.UNDONE
            state = advance(state, event)
        else:
            with pytest.raises(IllegalEvent, match="cannot take"):
                advance(state, event)


def test_every_state_has_a_duty() -> None:
    """Each state says what to do in it; only terminal ones rest."""
    assert set(DUTIES) == set(State)
    assert {state for state, event in TABLE if event is not Event.UNDONE} == set(State) - TERMINAL
    assert {state for state in State if DUTIES[state] is Duty.REST} == TERMINAL


def test_every_state_is_reached_and_left() -> None:
    """From the start every state can be reached, and from every state an end."""
    reached = {State.SEEN}
    for _ in State:
        reached |= {target for (source, _), target in TABLE.items() if source in reached}
    assert reached == set(State)
    ending = set(TERMINAL)
    for _ in State:
        ending |= {source for (source, _), target in TABLE.items() if target in ending}
    assert ending == set(State)


def test_every_event_is_used() -> None:
    """No event is dead."""
    assert {event for _, event in TABLE} == set(Event)


@pytest.mark.parametrize("outcome_lost_in", [State.REVEALING, State.REVEALED, State.EXPOSED])
def test_secret_is_out_only_after_the_commit_phase(outcome_lost_in: State) -> None:
    """Without PHASE_OVER or a reveal on the hub there is no way from the start to a state that reveals."""
    reached = {State.SEEN}
    opening = (Event.PHASE_OVER, Event.REVEAL_SEEN)
    for _ in State:
        reached |= {
            target for (source, event), target in TABLE.items() if source in reached and event not in opening
        }
    assert outcome_lost_in not in reached


def test_exposed_never_commits() -> None:
    """From EXPOSED no path leads to committing without the old commitment's return."""
    reached = {State.EXPOSED}
    for _ in State:
        reached |= {
            target
            for (source, event), target in TABLE.items()
            if source in reached and event not in (Event.COMMIT_SEEN, Event.COMMIT_LOST)
        }
    assert State.COMMITTING not in reached


def test_what_is_undone_is_looked_at_anew() -> None:
    """Where our reveal counted for more than it does now, the node waits again for what becomes of it."""
    undone = {source: target for (source, event), target in TABLE.items() if event is Event.UNDONE}
    assert set(undone.values()) == {State.REVEALED}
    after = {State.REVEALED}
    for _ in State:
        after |= {
            target
            for (source, event), target in TABLE.items()
            if source in after and event not in (Event.COMMIT_LOST, Event.REVEAL_LOST, Event.EXPOSE)
        }
    assert set(undone) == after - {State.REVEALED}


def test_picture_is_current() -> None:
    """The diagram in the docs is drawn from the table; `python docs/generate.py` draws it anew."""
    assert diagram() in PICTURE.read_text()


def test_diagram_shows_every_transition() -> None:
    """One line a transition, one for the start and one for each end."""
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) == 2 + len(TABLE) + len(TERMINAL)
    assert "    committed --> revealing: phase over" in lines


@pytest.mark.parametrize("name", PURE)
def test_logic_imports_no_edge(name: str) -> None:
    """The pure modules import nothing that reads, writes or waits."""
    tree = ast.parse((ROOT / "chainboy" / "node" / f"{name}.py").read_text())
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    forbidden = ("sqlite3", "socket", "os", "time", "threading", "web3", "chainboy.chain.", "chainboy.contr")
    assert not [module for module in imported if module.startswith(forbidden)]
    assert machine.__doc__
