"""Five tasks at once from one event loop, each under a key that makes asking again harmless."""

from __future__ import annotations

import asyncio

from chainboy import AsyncTaskClient, program
from chainboy.abi import uint256
from chainboy.testing import LocalNetwork


@program
def is_prime(n: uint256) -> bool:
    return n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))


async def ask(client: AsyncTaskClient, n: int) -> tuple[int, bool]:
    task = await client.submit(is_prime, n, price=10**15, idempotency_key=f"is {n} prime?")
    result = await task.result(timeout=120)
    return n, result.value


async def ask_all(client: AsyncTaskClient) -> None:
    answers = await asyncio.gather(*(ask(client, n) for n in range(95, 100)))
    print("primes:", [n for n, prime in answers if prime])


def main() -> None:
    with LocalNetwork(bonds=[300, 200, 100]) as network:
        asyncio.run(ask_all(AsyncTaskClient(network.client())))


if __name__ == "__main__":
    main()
