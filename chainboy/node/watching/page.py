"""The status page: HTML made here, without scripts and without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from chainboy.node.machine import TERMINAL, Event
from chainboy.node.watching.health import Check
from chainboy.node.watching.snapshot import Snapshot

REFRESH = 10
"""Seconds after which a browser asks again."""

_STYLE = """\
:root{color-scheme:light dark;--line:#8886;--good:#0a6b2d;--bad:#b3161b}
@media (prefers-color-scheme:dark){:root{--good:#5fd38a;--bad:#ff8f8f}}
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem;overflow-wrap:break-word}
h1{font-size:1.4rem;margin:0}
h2{font-size:1.1rem;margin:1.5rem 0 .25rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem}
dt{opacity:.8}
dd{margin:0;font-size:1.25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .5rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:anywhere}
.good{color:var(--good)}
.bad{color:var(--bad)}
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""What a browser may load for the page: nothing; the one style in it is named by its hash."""

_MICROCOIN = 10**12
_UNKNOWN = "–"  # noqa: RUF001 - a dash is meant


def page(snapshot: Snapshot, checks: Sequence[Check]) -> bytes:
    """The page as UTF-8. Amounts are in coins of 10**18 wei, cut to six digits."""
    ready = all(check.good for check in checks)
    body = "".join(
        (
            "<header><h1>ChainBoy node</h1>",
            f"<p>{_text(snapshot.node or ('a replica that waits' if snapshot.standby else 'beginning'))}</p>",
            _mark(ready, _state(snapshot, ready=ready)),
            f"<p>As of {_moment(snapshot.taken_at)}, up for {_span(snapshot.uptime)}.</p></header><main>",
            _summary(snapshot),
            _table("Health", ("needs", "state"), ((check.name, check.fault or "ok") for check in checks)),
            _table("Income", ("chain", "awaiting delivery", "claimable", "claimed"), _income(snapshot)),
            _table("Chains", ("chain", "head", "processed", "lag", "failed requests"), _chains(snapshot)),
            _table("Tasks", ("state", "tasks"), _counts(snapshot.tasks.items())),
            _table("Why tasks were not answered", ("cause", "tasks"), _counts(snapshot.abstentions.items())),
            _table("Latest", ("task", "event", "now", "block", "reason"), _latest(snapshot)),
            "</main>",
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH}"><title>ChainBoy node: '
        f"{_state(snapshot, ready=ready).lower()}</title><style>{_STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    ).encode()


def _state(snapshot: Snapshot, *, ready: bool) -> str:
    if not ready:
        return "Not ready"
    return "Standing by" if snapshot.standby else "Ready"


def _summary(snapshot: Snapshot) -> str:
    working = sum(count for state, count in snapshot.tasks.items() if state not in TERMINAL)
    pool, events = snapshot.pool, snapshot.events
    figures = {
        "Tasks in work": working,
        "Agreement": _UNKNOWN if snapshot.agreement is None else f"{snapshot.agreement:.1%}",
        "Won, lost": f"{events[Event.WON]}, {events[Event.LOST]}",
        "Programs": f"{pool.begun} begun on {pool.workers} workers, {pool.waiting} waiting",
        "Fuel spent": f"{snapshot.fuel:,}",
        "Seat": f"weight {snapshot.weight:,}" if snapshot.active else "none",
        "Last round": f"{_span(snapshot.idle)} ago",
    }
    terms = "".join(f"<div><dt>{name}</dt><dd>{_text(told)}</dd></div>" for name, told in figures.items())
    return f"<dl>{terms}</dl>"


def _income(snapshot: Snapshot) -> Iterable[tuple[object, ...]]:
    for chain_id, each in snapshot.income.items():
        known = snapshot.chains.get(chain_id)
        amounts = (_coins(each.awaiting), _coins(each.claimable), _coins(each.claimed))
        yield (known.name if known else chain_id, *amounts)


def _chains(snapshot: Snapshot) -> Iterable[tuple[object, ...]]:
    for chain in snapshot.chains.values():
        lag = _UNKNOWN if chain.lag is None else f"{chain.lag} ({chain.confirmations} are due)"
        failed = f"{chain.failures} of {chain.requests}"
        yield chain.name, _known(chain.head), _known(chain.processed), lag, failed


def _latest(snapshot: Snapshot) -> Iterable[tuple[object, ...]]:
    for moved in snapshot.recent:
        task = f"0x{moved.task_id.hex()[:8]}…"
        yield task, moved.event.value, moved.target.value, moved.block, moved.reason


def _counts(counts: Iterable[tuple[object, int]]) -> Iterable[tuple[object, ...]]:
    return ((getattr(key, "value", key), count) for key, count in counts if count)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A section of its own, with words in place of a table without rows."""
    lines = [_row(row) for row in rows]
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f"<section><h2>{title}</h2>{body if lines else '<p>None yet.</p>'}</section>"


def _row(cells: Sequence[object]) -> str:
    first, *rest = map(_text, cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"


def _mark(good: bool, text: str) -> str:
    return f'<p role="status" class="{"good" if good else "bad"}"><strong>{text}</strong></p>'


def _text(value: object) -> str:
    return escape(str(value))


def _known(number: int | None) -> str:
    return _UNKNOWN if number is None else str(number)


def _coins(wei: int) -> str:
    whole, rest = divmod(wei // _MICROCOIN, 10**6)
    return f"{whole:,}.{rest:06}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
