"""The usual reader of sources: fetches them from the web behind a guard, picks, scales and combines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from chainboy.errors import SourceUnavailable
from chainboy.programs.metadata import Metadata
from chainboy.sources.combine import combined
from chainboy.sources.guard import Guard
from chainboy.sources.limits import Limits
from chainboy.sources.plan import Question, plan
from chainboy.sources.reading import Reading
from chainboy.sources.scaling import scaled
from chainboy.sources.transcript import Entry

if TYPE_CHECKING:
    import ssl

    from chainboy.sources.fetch import Fetched
    from chainboy.sources.transport import Resolve


@attrs.frozen(kw_only=True, slots=False)
class WebSources:
    """Reads sources over HTTP; each url of a program once, all at the same time, nothing kept afterwards.

    ``names`` replaces the system's resolver, ``trust`` the authorities that certificates are checked by.
    """

    guard: Guard = attrs.field(factory=Guard)
    limits: Limits = attrs.field(factory=Limits)
    names: Resolve | None = None
    trust: ssl.SSLContext | None = None

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """As :class:`~chainboy.sources.reading.SourceReader` says."""
        questions = plan(metadata, data)
        if not questions:
            return Reading(values={})
        fetched = asyncio.run(self._fetch([question.url for question in questions]))
        entries = {question.name: _entry(question, fetched[question.url]) for question in questions}
        return settle(metadata, entries)

    async def _fetch(self, urls: list[str]) -> Mapping[str, Fetched]:
        import httpx  # noqa: PLC0415 - heavy

        from chainboy.sources.fetch import Fetcher  # noqa: PLC0415 - loads httpx
        from chainboy.sources.transport import GuardedTransport, resolve  # noqa: PLC0415 - the same

        # A connection of its own for each request: one to the same address may belong to another name.
        inner = httpx.AsyncHTTPTransport(
            verify=self._context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        pool = ThreadPoolExecutor(len(urls), thread_name_prefix="chainboy-resolve")
        try:
            guarded = GuardedTransport(self.guard, inner, names=self.names or resolve, pool=pool)
            return await Fetcher(guarded, self.limits).fetch_all(dict.fromkeys(urls))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # a resolver that hangs is not waited for

    @cached_property
    def _context(self) -> ssl.SSLContext:
        import httpx  # noqa: PLC0415 - heavy

        return self.trust or httpx.create_ssl_context(trust_env=False)


def settle(metadata: Metadata, entries: Mapping[str, Entry]) -> Reading:
    """What the program is given: the combinations, and the sources that are in none."""
    said = {name: entry.value for name, entry in entries.items() if entry.value is not None}
    members = {name for rule in metadata.combined.values() for name in rule.of}
    values: dict[str, int] = {}
    failures = []
    for name, entry in entries.items():
        if name in members:
            continue
        if entry.value is None:
            failures.append(f"the source {name!r} gave no number: {entry.error}")
        else:
            values[name] = entry.value
    for name, rule in metadata.combined.items():
        try:
            values[name] = combined(rule, said)
        except SourceUnavailable as error:
            reasons = "; ".join(f"{each}: {entries[each].error}" for each in rule.of if each not in said)
            failures.append(f"{name!r} has no number: {error} ({reasons})")
    return Reading(values=values, transcript=tuple(entries.values()), failures=tuple(failures))


def _entry(question: Question, fetched: Fetched) -> Entry:
    entry = Entry(
        name=question.name,
        url=question.url,
        at=fetched.at,
        seconds=fetched.seconds,
        final_url=fetched.final_url,
        status=fetched.status,
        sha256=fetched.sha256,
        error=fetched.error,
    )
    if fetched.body is None:
        return entry
    try:
        picked = question.path.pick(fetched.body)
        entry = attrs.evolve(entry, picked=picked[:128])
        return attrs.evolve(entry, value=scaled(picked, question.scale))
    except SourceUnavailable as error:
        return attrs.evolve(entry, error=str(error))
