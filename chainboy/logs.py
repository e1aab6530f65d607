"""How a service writes its log: a line of text or of JSON each record, and no secrets in either."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from enum import Enum

HIDDEN = "***"
"""What stands in a secret's place."""

_NAMES = r"(?:(?:api|access|private)[_-]?key|secret|token|password|passwd|authorization)"

_SECRETS: tuple[tuple[str, str], ...] = (
    # A user and a password in front of a host.
    (r"(?<=://)[^\s/@'\"<>]+(?=@)", HIDDEN),
    # What HTTP libraries tell of a request without its host: the path may be a provider's key.
    (r"(?<=with url: )\S+", HIDDEN),
    # What web3 and websockets tell of an endpoint: all behind the host.
    (r"((?i:uri|session)[^:/]{0,40}: `?\w+://[^\s/?,`]+)[/?][^\s,`]+", rf"\1/{HIDDEN}"),
    (r"(?<=> GET )\S+", HIDDEN),
    (r"(?<=\"(?:GET|PUT) )\S+(?= HTTP/)|(?<=\"(?:POST|HEAD) )\S+(?= HTTP/)", HIDDEN),
    # A value that is named as a secret, in a query, a header or a table.
    (rf"(?i)({_NAMES}[\"']?\s*[=:]\s*[\"']?(?:bearer |basic )?)[^\s\"'&,;)}}]+", rf"\1{HIDDEN}"),
    (r"(?i)([?&](?:key|auth|sig|signature)=)[^\s&'\"]+", rf"\1{HIDDEN}"),
)
"""What is replaced, and by what, in this order."""

_URL = re.compile(r"(?<=://)[^\s'\"<>]+")

_LONG_NAME = re.compile(
    r"(?<=/)(?!Qm[1-9A-HJ-NP-Za-km-z]{44}|ba[fg][a-z2-7]{20})[\w~-]{24,}(?=[/?#)\],.;:]|$)"
)
"""In the path of a URL it is a provider's key, unless it is a CID."""

_COMPILED = tuple((re.compile(pattern), instead) for pattern, instead in _SECRETS)

_TASK = re.compile(r"\btask (0x[0-9a-f]{64})\b")


def redacted(text: str) -> str:
    """``text`` without users, passwords and keys in URLs, and without what is named as a secret.

    Keys of accounts cannot be told from names of tasks by their looks: nothing may log them.
    """
    text = _URL.sub(lambda url: _LONG_NAME.sub(HIDDEN, url[0]), text)
    for pattern, instead in _COMPILED:
        text = pattern.sub(instead, text)
    return text


class _Text(logging.Formatter):
    """Time, level, logger and message; an exception on the lines after it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One record, without secrets."""
        return redacted(super().format(record))


class _Json(logging.Formatter):
    """One object a line: ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``.

    ``task`` where the record is about one, ``exception`` where there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One record, without secrets."""
        message = record.getMessage()
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(message),
        }
        if found := _TASK.search(message):
            fields["task"] = found[1]
        if record.exc_info:
            fields["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


class LogFormat(Enum):
    """How records are written."""

    TEXT = "text"
    JSON = "json"

    def formatter(self) -> logging.Formatter:
        """A new formatter of this kind."""
        return _Json() if self is LogFormat.JSON else _Text()
