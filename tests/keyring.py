"""Keys that tests sign with, and a second library that tells whose signature it is."""

from __future__ import annotations

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature

from chainboy.chain.signer import KeySigner

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def keys(count: int) -> list[KeySigner]:
    """The same keys every time, ascending by address."""
    made = [KeySigner(n.to_bytes(32, "big")) for n in range(1, count + 1)]
    return sorted(made, key=lambda key: int(key.address, 16))


def recover(digest: bytes, signature: bytes) -> str | None:
    """Whose signature it is; ``None``: nobody's."""
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:64]))
    try:
        public = Signature(vrs=(signature[64] - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except BadSignature:
        return None
    return str(public.to_checksum_address())


def mirrored(signature: bytes) -> bytes:
    """The other signature of the same key over the same digest: high s, the other v."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
