"""The body of an answer, never more of it than allowed: on the wire, and once unpacked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from chainboy.errors import SourceUnavailable

if TYPE_CHECKING:
    import httpx

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The whole body, unpacked; at most ``limit`` bytes before and after.

    Raises :class:`~chainboy.errors.SourceUnavailable` for more, and for packing that is broken or was not
    asked for; and what httpx raises when the peer goes away.
    """
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in {"identity", "gzip"}:
        raise SourceUnavailable(f"the answer is packed as {packing[:20]!r}, which was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise _too_long(limit)
    return unpacked(bytes(body), limit) if packing == "gzip" else bytes(body)


def unpacked(body: bytes, limit: int) -> bytes:
    """What one gzip member holds, never unpacking more than ``limit`` bytes and one."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        text = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise SourceUnavailable("the answer's gzip is broken") from error
    if len(text) > limit:
        raise _too_long(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise SourceUnavailable("the answer's gzip ends too early or too late")
    return text


def _too_long(limit: int) -> SourceUnavailable:
    return SourceUnavailable(f"the answer has more than {limit} bytes")
