"""Reads what an RPC endpoint said, and trusts none of it: garbage becomes a ChainError."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from chainboy.consensus.fields import to_address
from chainboy.errors import ChainError
from chainboy.events.log import BlockRef, LogEvent
from chainboy.units import Address, Digest, Timestamp

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Receipt:
    """What became of a transaction: ``status`` is false when it reverted, ``gas_price`` in wei a gas."""

    tx_hash: Digest
    block_number: int
    block_hash: Digest
    gas_used: int
    gas_price: int
    status: bool
    contract: Address | None
    logs: tuple[LogEvent, ...]


_HASH_BYTES = 32
_ADDRESS_BYTES = 20


def field(answer: Any, name: str) -> Any:
    """The field ``name`` of an object in an answer."""
    try:
        return answer[name]
    except (KeyError, TypeError, IndexError) as error:
        raise ChainError(f"the endpoint left {name} out of its answer; use another endpoint") from error


def quantity(value: Any) -> int:
    """A number, as ``0x`` hex text or already an integer."""
    number = value
    if isinstance(value, str):
        try:
            number = int(value, 16)
        except ValueError as error:
            raise _garbage(value, "a number") from error
    if type(number) is not int or number < 0:
        raise _garbage(value, "a number")
    return number


def data(value: Any) -> bytes:
    """Bytes, as ``0x`` hex text or already bytes."""
    if isinstance(value, str) and value[:2] == "0x":
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise _garbage(value, "hex data") from error
    if isinstance(value, bytes):
        return bytes(value)
    raise _garbage(value, "hex data")


def digest(value: Any) -> Digest:
    """A 32-byte hash."""
    raw = data(value)
    if len(raw) != _HASH_BYTES:
        raise _garbage(value, "a 32-byte hash")
    return Digest(raw)


def address(value: Any) -> Address:
    """An address, into its EIP-55 form."""
    raw = data(value)
    if len(raw) != _ADDRESS_BYTES:
        raise _garbage(value, "an address")
    return to_address(raw)


def block_ref(answer: Any) -> BlockRef:
    """A block's header."""
    return BlockRef(
        number=quantity(field(answer, "number")),
        hash=digest(field(answer, "hash")),
        parent_hash=digest(field(answer, "parentHash")),
        timestamp=Timestamp(quantity(field(answer, "timestamp"))),
    )


def log_events(answer: Any, chain_id: int) -> tuple[LogEvent, ...]:
    """All entries of a list of logs, from ``eth_getLogs`` or a receipt."""
    if not isinstance(answer, list | tuple):
        raise _garbage(answer, "a list of logs")
    logs = _Logs(chain_id)
    return tuple([logs.event(entry) for entry in answer])


class _Known(dict[Any, T]):
    """What each value of an answer means, read when it first comes."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, value: Any) -> T:
        meaning = self[value] = self._read(value)
        return meaning


class _Logs:
    """The logs of one answer: they share most of their numbers, hashes, topics and contracts."""

    def __init__(self, chain_id: int) -> None:
        self._chain_id = chain_id
        self._numbers, self._digests, self._addresses = _Known(quantity), _Known(digest), _Known(address)

    def event(self, entry: Any) -> LogEvent:
        digests = self._digests
        try:
            topics = entry["topics"]
            if not isinstance(topics, list | tuple):
                raise _garbage(topics, "a list of topics")
            return LogEvent(
                chain_id=self._chain_id,
                block_number=self._number(entry["blockNumber"]),
                block_hash=digests[entry["blockHash"]],
                tx_hash=digests[entry["transactionHash"]],
                log_index=self._number(entry["logIndex"]),
                address=self._addresses[entry["address"]],
                topics=tuple([digests[topic] for topic in topics]),
                data=data(entry["data"]),
            )
        except (KeyError, TypeError, IndexError) as error:
            raise _garbage(entry, "a log") from error

    def _number(self, value: Any) -> int:
        # Texts alone are remembered: True and 1.0 would be found under 1.
        return self._numbers[value] if type(value) is str else quantity(value)


def receipt(answer: Any, chain_id: int) -> Receipt:
    """A transaction's receipt."""
    if not isinstance(answer, Mapping):
        raise _garbage(answer, "a receipt")
    created = answer.get("contractAddress")
    return Receipt(
        tx_hash=digest(field(answer, "transactionHash")),
        block_number=quantity(field(answer, "blockNumber")),
        block_hash=digest(field(answer, "blockHash")),
        gas_used=quantity(field(answer, "gasUsed")),
        gas_price=quantity(answer.get("effectiveGasPrice", 0)),
        status=quantity(field(answer, "status")) == 1,
        contract=address(created) if created else None,
        logs=log_events(field(answer, "logs"), chain_id),
    )


def _garbage(value: Any, expected: str) -> ChainError:
    shown = reprlib.repr(value)
    return ChainError(f"the endpoint answered {shown} where {expected} belongs; use another endpoint")
