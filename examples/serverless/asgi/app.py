"""A node as an ASGI application: `uvicorn app:app --port 8080`."""

import os
from pathlib import Path

from chainboy.serverless import Function
from chainboy.serverless.asgi import AsgiApp

HERE = Path(__file__).parent

app = AsgiApp(Function.load(os.environ.get("CHAINBOY_CONFIG", HERE / "node.toml")))
