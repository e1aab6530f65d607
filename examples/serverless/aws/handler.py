"""A node as an AWS Lambda: name `handler.handler` as its handler."""

import os
from pathlib import Path

from chainboy.serverless import Function
from chainboy.serverless.aws import LambdaHandler

HERE = Path(__file__).parent

handler = LambdaHandler(Function.load(os.environ.get("CHAINBOY_CONFIG", HERE / "node.toml")))
