"""Every store of results against the one suite, that of S3 on a real server; and how each fails."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainboy.errors import ConfigError, StoreUnavailable
from chainboy.serverless import Bucket, DirectoryResults, MemoryResults, Precondition, ResultStore, S3Results
from chainboy.testing.result_store_conformance import ResultStoreConformance

BUCKET = "results"
NUMBERS = itertools.count()


class TestMemory(ResultStoreConformance):
    """The store in memory."""

    @pytest.fixture
    def store(self) -> ResultStore:
        """An empty store."""
        return MemoryResults()

    def again(self, store: ResultStore) -> ResultStore:
        """There is only the one."""
        return store


class TestDirectory(ResultStoreConformance):
    """The store in a folder, which need not exist yet."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ResultStore:
        """A store in a folder that is not there."""
        return DirectoryResults(tmp_path / "deep" / "results")

    def again(self, store: ResultStore) -> ResultStore:
        """Another one in the same folder."""
        assert isinstance(store, DirectoryResults)
        return DirectoryResults(store.path)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that speaks S3's protocol, on a loopback port.

    It answers one request after the other: its conditional writes are two steps, those of S3 are one.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
    from werkzeug.serving import make_server  # noqa: PLC0415 - both are slow to load

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nobody."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")


@pytest.mark.usefixtures("_credentials")
class TestS3(ResultStoreConformance):
    """The store in a bucket."""

    @pytest.fixture
    def store(self, endpoint: str) -> Iterator[ResultStore]:
        """A prefix of its own in one bucket."""
        made = S3Results(Bucket(name=BUCKET, prefix=f"{next(NUMBERS)}/", endpoint=endpoint))
        client = made._client()
        client.create_bucket(Bucket=BUCKET)
        yield made
        client.close()

    def again(self, store: ResultStore) -> ResultStore:
        """With the same client: each has a pool of connections of its own, which nobody closes."""
        assert isinstance(store, S3Results)
        other = S3Results(store._bucket)
        other._made = store._client()
        return other

    def test_a_bucket_that_is_not_there(self, store: ResultStore, endpoint: str) -> None:
        """It is told by its name, and is no missing value."""
        assert isinstance(store, S3Results)
        other = S3Results(Bucket(name="nowhere", endpoint=endpoint))
        other._made = store._client()
        with pytest.raises(StoreUnavailable, match="bucket nowhere: NoSuchBucket"):
            other.get("node")
        with pytest.raises(StoreUnavailable, match="bucket nowhere: NoSuchBucket"):
            other.put("node", b"", over=None)


class Generations:
    """Google's answers, as far as the store asks: what it sends is kept, and its own words come back."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def __call__(self, request: Any, **_: Any) -> Any:
        """Answer for the service, before anything goes out."""
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - an extra

        class Body:
            """No bytes."""

            def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
                return iter(())

        self.sent.append((request.method, dict(request.headers)))
        return AWSResponse(request.url, 200, {"x-goog-generation": "17", "etag": '"x"'}, Body())


@pytest.mark.usefixtures("_credentials")
def test_googles_precondition() -> None:
    """A generation is compared, 0 where nothing may be, and no tag; the signature covers it."""
    store = S3Results(
        Bucket(name=BUCKET, endpoint="https://storage.example", precondition=Precondition.GENERATION)
    )
    service = Generations()
    client = store._client()
    client.meta.events.register("before-send.s3.PutObject", service)
    assert store.put("node", b"first", over=None) == "17"
    assert store.put("node", b"second", over="17") == "17"
    for (method, headers), generation in zip(service.sent, (b"0", b"17"), strict=True):
        plain = {name.lower(): value for name, value in headers.items()}
        assert method == "PUT"
        assert plain["x-goog-if-generation-match"] in (generation, generation.decode())
        assert not {"if-match", "if-none-match"} & set(plain)
        assert b"x-goog-if-generation-match" in _octets(plain["authorization"])
    client.close()


def _octets(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def test_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which extra to install."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigError, match=r"install chainboy\[s3\]"):
        S3Results(Bucket(name=BUCKET)).get("node")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """Neither read nor written, and told."""
    (tmp_path / "file").write_text("")
    store = DirectoryResults(tmp_path / "file")
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        store.get("node")
    with pytest.raises(StoreUnavailable, match="cannot be kept"):
        store.put("node", b"", over=None)
