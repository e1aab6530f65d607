"""Stations for the conformance suite of nodes: a server's node, and a function behind each adapter."""

from __future__ import annotations

import base64
import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from chainboy.events.federation import Federation
from chainboy.events.webhooks import Desk, Hook
from chainboy.events.webhooks.alchemy import Alchemy
from chainboy.node.policy import Policy
from chainboy.node.runner import Node
from chainboy.serverless import Function, MemoryResults, Request, Tick
from chainboy.serverless.asgi import AsgiApp
from chainboy.serverless.aws import LambdaHandler
from chainboy.serverless.google import EventHandler, HttpHandler
from chainboy.serverless.pushes import Pushes
from chainboy.serverless.yandex import YandexHandler
from chainboy.testing.node_conformance import SIGNING_KEY
from chainboy.testing.node_stage import NodeStage

TICK_SECRET = "a secret of twenty characters"  # noqa: S105 - that is the point


def desk() -> Desk:
    """The webhook of one provider."""
    return Desk([Hook("alchemy", Alchemy(), SIGNING_KEY)])


class ServerStation:
    """A node that is stepped, as a server's loop does, beside a desk."""

    def __init__(self, stage: NodeStage, policy: Policy, folder: Path) -> None:
        self.stage, self.policy, self.folder = stage, policy, folder
        self.start = stage.chain.head().number + 1
        self.count = 0
        self.node = self.make()

    def make(self) -> Node:
        """On the journal that there is."""
        self.desk = desk()
        watcher = Federation(watchers={"webhooks": Pushes(self.desk)})
        journal = self.folder / f"journal-{self.count}.sqlite"
        return self.stage.node(
            0, journal, policy=self.policy, watcher=watcher, start_block=self.start
        )

    def work(self) -> None:
        """Step until nothing happens."""
        while self.node.step() or self.node.busy:
            time.sleep(0.001)

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Through the desk, as the server beside it does."""
        lowered = {name.lower(): value for name, value in headers.items()}
        status = self.desk.handle(Request(method="POST", path="/alchemy", headers=lowered, body=body)).status
        self.work()
        return status

    def restart(self) -> None:
        """From the journal."""
        self.node.close()
        self.node = self.make()

    def lose(self) -> None:
        """With another journal."""
        self.count += 1
        self.restart()


class FunctionStation:
    """A function called directly."""

    def __init__(self, stage: NodeStage, policy: Policy) -> None:
        self.stage, self.policy = stage, policy
        self.start = stage.chain.head().number + 1
        self.store = MemoryResults()
        self.function = self.make()

    def make(self) -> Function:
        """A new instance on the store that there is."""
        door = desk()
        pushes = Pushes(door)
        watcher = Federation(watchers={"webhooks": pushes})

        def node(journal: Path, probe: Any) -> Node:
            return self.stage.node(
                0, journal, policy=self.policy, watcher=watcher, probe=probe, start_block=self.start
            )

        return Function(node, self.store, desk=door.handle, pushes=pushes, tick_secret=TICK_SECRET)

    def work(self) -> None:
        """A tick."""
        answer = self.function.handle(Tick())
        assert answer.status == 200, answer.body

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A request."""
        lowered = {name.lower(): value for name, value in headers.items()}
        request = Request(method="POST", path="/alchemy", headers=lowered, body=body)
        return self.function.handle(request).status

    def restart(self) -> None:
        """Another instance."""
        self.function.close()
        self.function = self.make()

    def lose(self) -> None:
        """Another instance with an empty store."""
        self.store = MemoryResults()
        self.restart()


class Context:
    """What Lambda and Yandex hand over beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """A minute."""
        return 60_000


class LambdaStation(FunctionStation):
    """Behind Lambda's events."""

    def work(self) -> None:
        """A schedule of EventBridge."""
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        assert LambdaHandler(self.function)(event, Context())["ending"] == "quiet"

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A function URL's event, packed as Base64."""
        event = {
            "version": "2.0",
            "rawPath": "/alchemy",
            "headers": {name.lower(): value for name, value in headers.items()},
            "requestContext": {"http": {"method": "POST", "path": "/alchemy"}, "stage": "$default"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        return int(LambdaHandler(self.function)(event, Context())["statusCode"])


class YandexStation(FunctionStation):
    """Behind the events of Yandex Cloud Functions."""

    def work(self) -> None:
        """A timer."""
        kind = "yandex.cloud.events.serverless.triggers.TimerMessage"
        event = {"messages": [{"event_metadata": {"event_type": kind}, "details": {"trigger_id": "a1"}}]}
        assert YandexHandler(self.function)(event, Context())["ending"] == "quiet"

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A request to the function's own address."""
        event = {
            "httpMethod": "POST",
            "headers": dict(headers),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {"path": "/alchemy"},
            "requestContext": {"httpMethod": "POST"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        return int(YandexHandler(self.function)(event, Context())["statusCode"])


class GoogleStation(FunctionStation):
    """Behind the Functions Framework: its own test client, which is Flask's."""

    def work(self) -> None:
        """An event."""
        EventHandler(self.function)(object())

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A request through Flask."""
        import flask  # noqa: PLC0415 - slow to load

        app = flask.Flask("station")
        handler = HttpHandler(self.function)
        app.add_url_rule("/<path:_>", view_func=lambda _: handler(flask.request), methods=["POST"])
        return app.test_client().post("/alchemy", data=body, headers=dict(headers)).status_code


class AsgiStation(FunctionStation):
    """Behind uvicorn, on a loopback port."""

    def __init__(self, stage: NodeStage, policy: Policy) -> None:
        super().__init__(stage, policy)
        self.stack: list[Callable[[], None]] = []
        self.serve()

    def serve(self) -> None:
        """Start a server."""
        import uvicorn  # noqa: PLC0415 - slow to load

        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(AsgiApp(self.function), log_level="error", ws="none", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(30)
            listener.close()

        self.stack.append(stop)

    def work(self) -> None:
        """A tick by HTTP."""
        answer = requests.post(f"{self.url}/tick/{TICK_SECRET}", timeout=60)
        assert answer.status_code == 200, answer.text
        assert json.loads(answer.content)["ending"] == "quiet"

    def push(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A webhook by HTTP."""
        return requests.post(f"{self.url}/alchemy", data=body, headers=headers, timeout=60).status_code

    def restart(self) -> None:
        """Another server with another instance."""
        self.stop()
        super().restart()
        self.serve()

    def stop(self) -> None:
        """End the server, if one runs."""
        while self.stack:
            self.stack.pop()()


@contextmanager
def server_station(stage: NodeStage, policy: Policy) -> Iterator[ServerStation]:
    """A server's node."""
    with tempfile.TemporaryDirectory() as folder:
        station = ServerStation(stage, policy, Path(folder))
        try:
            yield station
        finally:
            station.node.close()


@contextmanager
def function_station(
    kind: type[FunctionStation], stage: NodeStage, policy: Policy
) -> Iterator[FunctionStation]:
    """A function behind one kind of events."""
    station = kind(stage, policy)
    try:
        yield station
    finally:
        if isinstance(station, AsgiStation):
            station.stop()
        station.function.close()
