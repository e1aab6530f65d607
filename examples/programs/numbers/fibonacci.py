# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n", "uint256 modulus"]
# outputs = ["uint256"]
# ///
"""A Fibonacci number of any index, modulo any number, by doubling: 256 steps at most."""

from __future__ import annotations


def main(n: int, modulus: int) -> int:
    now, after = 0, 1
    for bit in f"{n:b}":
        now, after = now * (2 * after - now) % modulus, (now * now + after * after) % modulus
        if bit == "1":
            now, after = after, (now + after) % modulus
    return now % modulus
