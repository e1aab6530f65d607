"""The files in `examples/serverless`: loaded as each provider loads them, and called."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import pytest

from chainboy.serverless import Function, S3Results
from chainboy.serverless.asgi import AsgiApp

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "serverless"

EVENTS = {
    "aws": {"version": "2.0", "rawPath": "/alchemy", "requestContext": {"http": {"method": "POST"}}},
    "yandex": {"httpMethod": "POST", "queryStringParameters": {"path": "/alchemy"}},
}


@pytest.fixture
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's configuration with secrets beside it."""
    (tmp_path / "node.toml").write_text((EXAMPLES / "node.toml").read_text())
    (tmp_path / "alchemy.key").write_text("whsec_of_a_test")
    (tmp_path / "tick.key").write_text("a secret of twenty characters")
    monkeypatch.setenv("CHAINBOY_CONFIG", str(tmp_path / "node.toml"))


def load(path: Path) -> Any:
    """The module at ``path``."""
    spec = importlib.util.spec_from_file_location(f"example_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("_config")
@pytest.mark.parametrize("provider", ["aws", "yandex"])
def test_a_handler(provider: str) -> None:
    """An unsigned webhook is refused by the one example, and by the other."""
    answer = load(EXAMPLES / provider / "handler.py").handler(EVENTS[provider], None)
    assert answer["statusCode"] == 400
    assert "x-alchemy-signature" in answer["body"]


@pytest.mark.usefixtures("_config")
def test_google(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both functions are registered with the framework, for which stands what it does: nothing."""
    import flask  # noqa: PLC0415 - slow to load

    same = {"http": lambda function: function, "cloud_event": lambda function: function}
    monkeypatch.setitem(sys.modules, "functions_framework", types.SimpleNamespace(**same))
    events = types.SimpleNamespace(CloudEvent=object)
    monkeypatch.setitem(sys.modules, "cloudevents", types.SimpleNamespace(http=events))
    monkeypatch.setitem(sys.modules, "cloudevents.http", events)
    example = load(EXAMPLES / "google" / "main.py")
    with flask.Flask("example").test_request_context("/alchemy", method="POST", data=b"{}"):
        _, status, _ = example.webhook(flask.request)
    assert status == 400
    assert callable(example.tick)


@pytest.mark.usefixtures("_config")
def test_asgi() -> None:
    """The application is there for a server to serve."""
    assert isinstance(load(EXAMPLES / "asgi" / "app.py").app, AsgiApp)


@pytest.mark.usefixtures("_config")
def test_the_configuration(tmp_path: Path) -> None:
    """It keeps its journal in a bucket."""
    function = Function.load(tmp_path / "node.toml")
    assert isinstance(function._keeper._store, S3Results)


@pytest.mark.parametrize("provider", ["aws", "google", "yandex", "asgi"])
def test_requirements_are_extras_of_this_package(provider: str) -> None:
    """Each names an extra that there is."""
    extras = tomllib.loads((EXAMPLES.parents[1] / "pyproject.toml").read_text())["project"]
    lines = (EXAMPLES / provider / "requirements.txt").read_text().split()
    assert lines[0] == "chainboy[s3]"
    assert "s3" in extras["optional-dependencies"]
