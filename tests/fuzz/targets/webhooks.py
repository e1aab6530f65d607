"""What anybody on the web can post to a node's webhooks: paths, headers and bodies.

An input is a request as HTTP writes it. A ``$`` in its head stands for what only who knows the secret can
write there: the right signature, or the secret itself.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Callable, Mapping

from Crypto.Hash import keccak
from fuzz.target import Target, words

from chainboy.events.webhooks import PROVIDERS, Desk, Hook
from chainboy.events.webhooks.provider import Notice
from chainboy.tables import Table
from chainboy.web import Request

SECRET = "whsec_0123456789abcdefghij"  # noqa: S105 - a test's
NOW = 1_700_000_000
TX = "0x" + "ab" * 32
HASH = re.compile(r"0x([0-9a-fA-F]{64})")
LIMIT = 8 * 2**20


class Ear(Hook):
    """A webhook that remembers what it was told."""

    heard: tuple[Notice, ...] = ()

    def tell(self, notice: Notice) -> None:
        """Remember."""
        self.heard = (*self.heard, notice)


def sha256(text: bytes) -> str:
    """HMAC-SHA256 under the secret, in hexadecimal."""
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def unzipped(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body as QuickNode signs it; what is no gzip as it is."""
    if headers.get("content-encoding", "").strip().lower() != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, ValueError, zlib.error):
        return body


SIGNATURES: Mapping[str, Callable[[Mapping[str, str], bytes], str]] = {
    "alchemy": lambda _, body: sha256(body),
    "moralis": lambda _, body: keccak.new(data=body + SECRET.encode(), digest_bits=256).hexdigest(),
    "quicknode": lambda headers, body: sha256(
        headers.get("x-qn-nonce", "").encode()
        + headers.get("x-qn-timestamp", "").encode()
        + unzipped(headers, body)
    ),
    "tenderly": lambda headers, body: sha256(body + headers.get("date", "").encode()),
}
HEADERS = {
    "alchemy": "x-alchemy-signature",
    "moralis": "x-signature",
    "quicknode": "x-qn-signature",
    "tenderly": "x-tenderly-signature",
}


def read(data: bytes) -> tuple[Request, bool]:
    """The request, and whether its sender knows the secret."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, path = first.partition(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    name = path.lstrip("/").partition("/")[0]
    knows = path == "/ipn/$"
    path = path.replace("$", SECRET if knows else "")
    if name in HEADERS and headers.get(HEADERS[name]) == "$":
        knows = True
        headers[HEADERS[name]] = SIGNATURES[name](headers, body)
    return Request(method=method, path=path, headers=headers, body=body), knows


def check_webhook(data: bytes) -> bool:
    """Answered, whatever it is; taken only from who knows the secret, and only as the body has it."""
    request, knows = read(data)
    hooks = [Ear(name, make(Table({}, "t.")), SECRET) for name, make in PROVIDERS.items()]
    answer = Desk(hooks, clock=lambda: NOW).handle(request)
    assert answer.status in (200, 400, 404, 405, 413)
    assert SECRET.encode() not in answer.body
    heard = [notice for hook in hooks for notice in hook.heard]
    assert len(heard) == (answer.status == 200 and request.method == "POST")
    if not heard:
        return False
    assert knows
    body = unzipped(request.headers, request.body) if "/quicknode" in request.path else request.body
    assert len(body) <= LIMIT
    named = {bytes.fromhex(text) for text in HASH.findall(json.dumps(json.loads(body)))}
    assert {hint.tx_hash for hint in heard[0].hints} <= named
    return True


def post(path: str, said: object, *headers: str) -> bytes:
    """A seed."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return "\n".join([f"POST {path}", *headers, "", ""]).encode() + body


LOG = {"transactionHash": TX, "topics": [], "logIndex": "0x2"}
QUICK = ("x-qn-nonce: n", f"x-qn-timestamp: {NOW}", "x-qn-signature: $")
ZIPPED = (*QUICK, "content-encoding: gzip")
STREAM = {"data": [[LOG], []]}
ALCHEMY = {"id": "w", "event": {"data": {"block": {"logs": [{"transaction": {"hash": TX}}]}}}}
SIGNED = "x-alchemy-signature: $"

TARGETS = (
    Target(
        name="webhooks",
        check=check_webhook,
        seeds=(
            post("/alchemy", ALCHEMY, SIGNED),
            post("/quicknode", STREAM, *QUICK),
            post("/quicknode", gzip.compress(json.dumps(STREAM).encode(), mtime=0), *ZIPPED),
            post("/moralis", {"chainId": "0x7a69", "logs": [LOG]}, "x-signature: $"),
            post(
                "/tenderly",
                {"id": "d", "event_type": "ALERT", "transaction": {"hash": TX, "network": "31337"}},
                "date: Tue, 14 Nov 2023 22:13:20 GMT",
                "x-tenderly-signature: $",
            ),
            post("/ipn/$", {"hash": TX}),
            post("/ipn/guess", {"hash": TX}),
            post("/alchemy", ALCHEMY, "x-alchemy-signature: " + "0" * 64),
            post("/alchemy", ALCHEMY),
            post("/alchemy", b"[" * 3000 + b"]" * 3000, SIGNED),
            post("/alchemy", b'{"a":' * 3000 + b"1" + b"}" * 3000, SIGNED),
            post("/alchemy", b'{"id": ' + b"9" * 5000 + b"}", SIGNED),
            post("/alchemy", b'{"id": 1, "id": "w", "event": null, "event": {}}', SIGNED),
            post("/alchemy", '{"id": "\u202e\U0001f600", "event": "\\ud800"}'.encode(), SIGNED),
            post("/quicknode", gzip.compress(bytes(9 * 2**20), mtime=0), *ZIPPED),
            post("/quicknode", gzip.compress(b"[]", mtime=0)[:-3], *ZIPPED),
            b"GET /alchemy\n\n",
            b"DELETE /alchemy\n\n",
        ),
        tokens=words(
            r"""$ POST GET /alchemy /quicknode /moralis /tenderly /ipn/ \n\n \n : x-qn-timestamp: date: gzip
            content-encoding: {} [] null true NaN -Infinity 1e999999 "" "id" "logs" "data" "event" "chainId"
            "0x" "hash" "transaction" "network" \xff \xf0\x9f\x98\x80 \\ud800 \\u0000 1700000000
            99999999999999999999"""
        ),
    ),
)
