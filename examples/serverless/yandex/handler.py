"""A node as a function of Yandex Cloud: name `handler.handler` as its entry point."""

import os
from pathlib import Path

from chainboy.serverless import Function
from chainboy.serverless.yandex import YandexHandler

HERE = Path(__file__).parent

handler = YandexHandler(Function.load(os.environ.get("CHAINBOY_CONFIG", HERE / "node.toml")))
