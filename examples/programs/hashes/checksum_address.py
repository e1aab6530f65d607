# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["address account"]
# outputs = ["string", "bytes32"]
# ///
"""An address with its checksum in capitals (EIP-55), and the keccak256 of its 20 bytes.

The standard library has SHA-3 but not the earlier Keccak of Ethereum, whose padding differs by a bit: here
it is.
"""

from __future__ import annotations

LANE = (1 << 64) - 1
RATE = 136
ROUNDS = 24


def main(account: str) -> tuple[str, bytes]:
    digits = account[2:].lower()
    nibbles = keccak256(digits.encode()).hex()
    cased = (d.upper() if int(n, 16) > 7 else d for d, n in zip(digits, nibbles, strict=False))
    return "0x" + "".join(cased), keccak256(bytes.fromhex(digits))


def keccak256(data: bytes) -> bytes:
    """The hash of ``data``."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % RATE))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        for i in range(RATE // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def permute(lanes: list[int]) -> None:
    """Keccak-f[1600]; lane (x, y) is ``lanes[x + 5 * y]``."""
    register = 1
    for _ in range(ROUNDS):
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for i in range(25):
            lanes[i] ^= columns[(i + 4) % 5] ^ rotated(columns[(i + 1) % 5], 1)
        x, y, moved = 1, 0, lanes[1]
        for turn in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moved, lanes[x + 5 * y] = lanes[x + 5 * y], rotated(moved, (turn + 1) * (turn + 2) // 2 % 64)
        for row in range(0, 25, 5):
            five = lanes[row : row + 5]
            for i in range(5):
                lanes[row + i] = five[i] ^ (~five[(i + 1) % 5] & LANE & five[(i + 2) % 5])
        for bit in range(7):
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
            if register & 2:
                lanes[0] ^= 1 << ((1 << bit) - 1)


def rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & LANE
