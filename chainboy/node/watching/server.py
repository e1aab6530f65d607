"""Shows what a site has over HTTP: GET and HEAD alone, nothing can be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

import attrs

from chainboy.node.watching.settings import WatchSettings
from chainboy.web import Request, Response, Server

Site = Mapping[str, Callable[[], Response]]
"""What is shown, by path."""

TEXT = "text/plain; charset=utf-8"

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})

_ALWAYS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def watch_server(settings: WatchSettings, site: Site) -> Server:
    """Shows ``site`` at ``settings.listen`` (port 0: any that is free) until it is closed.

    On a loopback address only requests to that very host are answered, so that no page of the web can read
    along under a name of its own. Raises :class:`~chainboy.errors.ConfigError` for an address that cannot be
    used.
    """
    host, port = settings.listen
    hosts = _LOCAL | {host} if settings.private else None
    return Server(partial(_answer, site, hosts), host, port, most_bytes=0, name="watch")


def _answer(site: Site, hosts: frozenset[str] | None, request: Request) -> Response:
    """What ``site`` says to who asks one of ``hosts``; ``None``: any."""
    found = _found(site, hosts, request)
    return attrs.evolve(found, headers={**_ALWAYS, **found.headers})


def _found(site: Site, hosts: frozenset[str] | None, request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return Response(
            status=405, kind=TEXT, body=b"nothing can be written here\n", headers={"Allow": "GET, HEAD"}
        )
    if hosts is not None and _host(request.headers.get("host", "")) not in hosts:
        return _refused(403, "this host is not served here")
    page = site.get(request.path)
    return _refused(404, "nothing is here") if page is None else page()


def _refused(status: int, reason: str) -> Response:
    return Response(status=status, kind=TEXT, body=f"{reason}\n".encode())


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
