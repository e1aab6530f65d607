"""Fetches urls, side by side and within limits: plain GETs that carry nothing and leave nothing behind."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256

import attrs
import httpx
import tenacity

from chainboy.errors import SourceUnavailable
from chainboy.sources.body import read_body
from chainboy.sources.limits import Limits
from chainboy.sources.template import MAX_URL

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Connection": "close",
    "User-Agent": "chainboy",
}
"""Every request's, the same for every node, besides ``Host``."""

_OK = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_MAY_PASS = {408, 429, 500, 502, 503, 504}


class _TryAgain(SourceUnavailable):
    """A failure of a moment."""


@attrs.define
class Fetched:
    """What became of one url: how far it came, its body, or the reason why there is none."""

    url: str
    at: int
    seconds: float = 0.0
    final_url: str | None = None
    status: int | None = None
    body: bytes | None = None
    error: str | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of the body, in hex."""
        return None if self.body is None else sha256(self.body).hexdigest()


@attrs.frozen
class Fetcher:
    """Fetches through ``transport``, which is trusted to connect to nothing that it should not."""

    transport: httpx.AsyncBaseTransport
    limits: Limits

    async def fetch_all(self, urls: Iterable[str]) -> Mapping[str, Fetched]:
        """Every url once, all at the same time; what is not there after ``total_seconds`` has failed."""
        found = {url: Fetched(url, int(time.time())) for url in urls}
        async with self.transport:
            tasks = [asyncio.create_task(self._fetch(each)) for each in found.values()]
            _, late = await asyncio.wait(tasks, timeout=self.limits.total_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for each in found.values():
            if each.body is None and each.error is None:
                each.error = f"all sources together took more than {self.limits.total_seconds:g} s"
        return found

    async def _fetch(self, found: Fetched) -> None:
        start = time.monotonic()
        try:
            async with asyncio.timeout(self.limits.timeout_seconds):
                async for attempt in self._attempts():
                    with attempt:
                        found.body = await self._follow(found)
        except TimeoutError:
            found.error = f"no whole answer came within {self.limits.timeout_seconds:g} s"
        except SourceUnavailable as error:
            found.error = str(error)
        finally:
            found.seconds = round(time.monotonic() - start, 3)

    def _attempts(self) -> tenacity.AsyncRetrying:
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(self.limits.tries),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1.0),
            reraise=True,
        )

    async def _follow(self, found: Fetched) -> bytes:
        try:
            url = httpx.URL(found.url)
        except httpx.InvalidURL as error:
            raise SourceUnavailable("its url has no host that could be asked") from error
        for _ in range(self.limits.redirects + 1):
            answer = await self._ask(url, found)
            if isinstance(answer, bytes):
                return answer
            url = answer
        raise SourceUnavailable(f"it redirects more than {self.limits.redirects} times")

    async def _ask(self, url: httpx.URL, found: Fetched) -> bytes | httpx.URL:
        """The body at ``url``, or where it sends us."""
        request = httpx.Request("GET", url, headers=HEADERS, extensions={"timeout": self._timeouts()})
        try:
            response = await self.transport.handle_async_request(request)
            found.final_url, found.status = str(url.copy_with(query=None)), response.status_code
            try:
                if response.status_code in _REDIRECTS:
                    return _next(url, response)
                _check_status(response.status_code)
                return await read_body(response, self.limits.max_bytes)
            finally:
                await response.aclose()
        except socket.gaierror as error:
            raise _TryAgain("the host's name is not found") from error
        except httpx.TransportError as error:
            raise _TryAgain(f"the connection failed ({type(error).__name__})") from error

    def _timeouts(self) -> Mapping[str, float]:
        step = self.limits.timeout_seconds
        return {"connect": step / 2, "read": step, "write": step, "pool": step}


def _check_status(status: int) -> None:
    if status in _MAY_PASS:
        raise _TryAgain(f"it answers with status {status}")
    if status != _OK:
        raise SourceUnavailable(f"it answers with status {status}")


def _next(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where the redirect leads; the next request checks it like any other."""
    location = response.headers.get("Location", "")
    try:
        target = url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceUnavailable("it redirects to no url") from error
    if not location or not location.isascii() or len(str(target)) > MAX_URL:
        raise SourceUnavailable("it redirects to no url")
    if url.scheme == "https" and target.scheme != "https":
        raise SourceUnavailable("it redirects from https to something less")
    return target
