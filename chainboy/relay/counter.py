"""The desk over HTTP: a letter a POST, answered with 202, or 400 and one sentence."""

from __future__ import annotations

import json

from chainboy.contracts.letters import MOST_BYTES, read_letter
from chainboy.errors import ChainBoyError
from chainboy.relay.desk import Desk
from chainboy.web import Request, Response, Server


class Counter(Server):
    """Listens at ``host`` and ``port`` (0: any that is free) until it is closed.

    Raises :class:`~chainboy.errors.ConfigError` when it cannot.
    """

    def __init__(self, desk: Desk, host: str, port: int) -> None:
        def hand_in(request: Request) -> Response:
            if request.method != "POST":
                return _told(405, "hand letters in with POST")
            try:
                desk.hand_in(read_letter(request.body))
            except ChainBoyError as error:
                return _told(400, str(error))
            return Response(status=202, body=b'{"taken": true}')

        super().__init__(hand_in, host, port, most_bytes=MOST_BYTES, name="counter")


def _told(status: int, error: str) -> Response:
    return Response(status=status, body=json.dumps({"error": error}).encode())
