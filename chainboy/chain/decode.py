"""Reads what an RPC endpoint said, and trusts none of it: garbage becomes a ChainError."""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.consensus.fields import to_address
from chainboy.errors import ChainError
from chainboy.events.log import BlockRef, LogEvent
from chainboy.units import Address, Digest, Timestamp


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
_WORD_TEXT = 66


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
            number = _number(value) if len(value) <= _WORD_TEXT else int(value, 16)
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
    return _digest(value) if type(value) is str else _checked_digest(value)


def _checked_digest(value: Any) -> Digest:
    raw = data(value)
    if len(raw) != _HASH_BYTES:
        raise _garbage(value, "a 32-byte hash")
    return Digest(raw)


def address(value: Any) -> Address:
    """An address, into its EIP-55 form."""
    return _address(value) if type(value) is str else _checked_address(value)


def _checked_address(value: Any) -> Address:
    raw = data(value)
    if len(raw) != _ADDRESS_BYTES:
        raise _garbage(value, "an address")
    return to_address(raw)


# Remembered: the logs of a range share most of their numbers, hashes, topics and contracts.
_number = functools.lru_cache(maxsize=4096)(functools.partial(int, base=16))
_digest = functools.lru_cache(maxsize=4096)(_checked_digest)
_address = functools.lru_cache(maxsize=1024)(_checked_address)


def block_ref(answer: Any) -> BlockRef:
    """A block's header."""
    return BlockRef(
        number=quantity(field(answer, "number")),
        hash=digest(field(answer, "hash")),
        parent_hash=digest(field(answer, "parentHash")),
        timestamp=Timestamp(quantity(field(answer, "timestamp"))),
    )


def log_event(answer: Any, chain_id: int) -> LogEvent:
    """One entry of ``eth_getLogs`` or of a receipt."""
    try:
        topics = answer["topics"]
        if not isinstance(topics, list | tuple):
            raise _garbage(topics, "a list of topics")
        return LogEvent(
            chain_id=chain_id,
            block_number=quantity(answer["blockNumber"]),
            block_hash=digest(answer["blockHash"]),
            tx_hash=digest(answer["transactionHash"]),
            log_index=quantity(answer["logIndex"]),
            address=address(answer["address"]),
            topics=tuple(map(digest, topics)),
            data=data(answer["data"]),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise _garbage(answer, "a log") from error


def log_events(answer: Any, chain_id: int) -> tuple[LogEvent, ...]:
    """All entries of a list of logs."""
    if not isinstance(answer, list | tuple):
        raise _garbage(answer, "a list of logs")
    return tuple(log_event(entry, chain_id) for entry in answer)


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
