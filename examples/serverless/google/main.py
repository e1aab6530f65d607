"""A node as Cloud Run functions: `webhook` takes requests, `tick` takes events."""

import os
from pathlib import Path

import flask
import functions_framework
from cloudevents.http import CloudEvent

from chainboy.serverless import Function
from chainboy.serverless.google import Answer, EventHandler, HttpHandler

HERE = Path(__file__).parent

function = Function.load(os.environ.get("CHAINBOY_CONFIG", HERE / "node.toml"))
_http, _event = HttpHandler(function), EventHandler(function)


@functions_framework.http
def webhook(request: flask.Request) -> Answer:
    return _http(request)


@functions_framework.cloud_event
def tick(event: CloudEvent) -> None:
    _event(event)
