"""Results in a bucket that speaks S3's protocol: Amazon's, Yandex Object Storage, and others.

A value is put on condition of the object's entity tag. Google's own condition, the object's generation, is
asked for by ``precondition = "generation"``: its interoperable endpoint knows no other for writing.
"""

from __future__ import annotations

import threading
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from chainboy.errors import ConfigError, StoreUnavailable
from chainboy.serverless.store import Kept, checked_name, conflict
from chainboy.tables import Table

_ABSENT = frozenset({"NoSuchKey", "404"})
_CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409", *_ABSENT})
"""An object that is gone is another version, too."""

TIMEOUT = 5
"""Seconds for a connection, and for each part of an answer."""

TRIES = 3


class Precondition(Enum):
    """What a bucket compares before it takes a new value."""

    ETAG = "etag"
    """``If-Match`` and ``If-None-Match``, as S3 has them."""
    GENERATION = "generation"
    """``x-goog-if-generation-match``, as Google Cloud Storage has it."""


@attrs.frozen(kw_only=True)
class Bucket:
    """Where values are; credentials and what is not said here come from the environment, as boto3 has it."""

    name: str
    prefix: str = "chainboy/"
    endpoint: str | None = None
    region: str | None = None
    precondition: Precondition = Precondition.ETAG


class S3Results:
    """A :class:`~chainboy.serverless.store.ResultStore` in a bucket. Let nobody else read it.

    Nothing is loaded or asked before the first value is.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self._made: Any = None

    def get(self, name: str) -> Kept | None:
        """See :meth:`~chainboy.serverless.store.ResultStore.get`."""
        where = self._where(name)
        try:
            answer = self._client().get_object(**where)
            return Kept(answer["Body"].read(), self._version(answer))
        except Exception as error:
            if _code(error) in _ABSENT:
                return None
            raise self._failed(name, "read", error) from error

    def put(self, name: str, data: bytes, *, over: str | None) -> str:
        """See :meth:`~chainboy.serverless.store.ResultStore.put`."""
        where = self._where(name)
        try:
            return self._version(self._client().put_object(**where, Body=data, **self._condition(over)))
        except Exception as error:
            if _code(error) in _CONFLICTS:
                raise conflict(name) from error
            raise self._failed(name, "put", error) from error

    def _where(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": self._bucket.prefix + checked_name(name)}

    def _condition(self, over: str | None) -> dict[str, str]:
        if self._bucket.precondition is Precondition.GENERATION:
            return {"IfMatch": over or "0"}  # renamed on its way
        return {"IfNoneMatch": "*"} if over is None else {"IfMatch": over}

    def _version(self, answer: Any) -> str:
        if self._bucket.precondition is Precondition.ETAG:
            return str(answer["ETag"])
        return str(answer["ResponseMetadata"]["HTTPHeaders"]["x-goog-generation"])

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _client(self._bucket)
            return self._made

    def _failed(self, name: str, what: str, error: Exception) -> StoreUnavailable | ConfigError:
        if isinstance(error, ConfigError):
            return error
        # Not the error's own words, which may name keys.
        reason = _code(error) or type(error).__name__
        return StoreUnavailable(f"{name} cannot be {what} in the bucket {self._bucket.name}: {reason}")


def configured(table: Table, _folder: Path) -> S3Results:
    """The store that ``[serverless.store.s3]`` describes: ``bucket``, and what :class:`Bucket` has."""
    usual = Bucket(name="")
    return S3Results(
        Bucket(
            name=table.take("bucket", str),
            prefix=table.take("prefix", str, usual.prefix),
            endpoint=table.take("endpoint", str, usual.endpoint),
            region=table.take("region", str, usual.region),
            precondition=table.take("precondition", Precondition, usual.precondition),
        )
    )


def _client(bucket: Bucket) -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra, and heavy
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("results in S3 need boto3; install chainboy[s3]") from error
    # Others than Amazon do not know the checksums that boto3 adds by itself.
    config = Config(
        connect_timeout=TIMEOUT,
        read_timeout=TIMEOUT,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = boto3.client(
        "s3", endpoint_url=bucket.endpoint, region_name=bucket.region or "us-east-1", config=config
    )
    if bucket.precondition is Precondition.GENERATION:
        client.meta.events.register("before-call.s3.PutObject", _rename_condition)
    return client


def _rename_condition(params: dict[str, Any], **_: Any) -> None:
    headers = params["headers"]
    headers["x-goog-if-generation-match"] = headers.pop("If-Match")


def _code(error: Exception) -> str:
    """What the service answered; empty if it did not."""
    said = getattr(error, "response", {})
    return str(said.get("Error", {}).get("Code", ""))
