"""Logs of a chain in this process, each block read once: eth-tester reads every block at every question."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainboy.testing.embedded_memo import Endpoint

if TYPE_CHECKING:
    from eth_tester import EthereumTester, PyEVMBackend

Log = Mapping[str, Any]
"""A log in eth-tester's own words."""


class LogIndex:
    """Stands in for ``plain``, eth-tester's ``eth_getLogs``; what is unusual is still asked there."""

    def __init__(self, backend: PyEVMBackend, plain: Endpoint) -> None:
        self._backend = backend
        self._plain = plain
        self._hashes: list[bytes] = []
        self._logs: dict[int, Sequence[Log]] = {}
        """By block; those without logs are left out, and numbers ascend."""

    def __call__(self, tester: EthereumTester, params: Sequence[Any]) -> Any:
        """The logs that the filter ``params[0]`` asks for, in the chain's order."""
        wanted = params[0]
        first, last = wanted.get("from_block"), wanted.get("to_block")
        known = type(first) is type(last) is int and last < self._backend.chain.header.block_number
        if not known or not isinstance(wanted.get("address"), list | tuple):
            return self._plain(tester, params)
        self._follow(tester, last)
        numbers = list(self._logs)
        chosen = numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]
        addresses, topics = frozenset(wanted["address"]), _options(wanted.get("topics") or ())
        return [
            log
            for number in chosen
            for log in self._logs[number]
            if log["address"] in addresses and _matches(log["topics"], topics)
        ]

    def _follow(self, tester: EthereumTester, last: int) -> None:
        """Know the chain up to block ``last``: a hash that stayed vouches for all blocks below it."""
        hash_of = self._backend.chain.chaindb.get_canonical_block_hash
        standing = min(last + 1, len(self._hashes))
        while standing and self._hashes[standing - 1] != hash_of(standing - 1):
            standing -= 1
        if standing == last + 1:
            return
        del self._hashes[standing:]
        self._logs = {number: logs for number, logs in self._logs.items() if number < standing}
        for number in range(standing, last + 1):
            names = tester.get_block_by_number(number)["transactions"]
            logs = [log for name in names for log in tester.get_transaction_receipt(name)["logs"]]
            if logs:
                self._logs[number] = logs
            self._hashes.append(hash_of(number))


def _options(topics: Sequence[Any]) -> Sequence[frozenset[str] | None]:
    """What is allowed at each place; None: anything."""
    return [
        None if topic is None else frozenset([topic] if isinstance(topic, str) else topic) for topic in topics
    ]


def _matches(topics: Sequence[str], wanted: Sequence[frozenset[str] | None]) -> bool:
    if len(topics) < len(wanted):
        return False
    return all(options is None or topic in options for topic, options in zip(topics, wanted, strict=False))
