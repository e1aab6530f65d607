"""What all wrappers share: reads through a chain, calls as data, events as typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import attrs

from chainboy.chain.call import NO_VALUE, Call
from chainboy.consensus.params import VERSION
from chainboy.contracts.interface import Interface, interface
from chainboy.contracts.reverts import explain
from chainboy.errors import ContractRefused, EncodingError, VersionMismatch
from chainboy.events.log import LogEvent
from chainboy.units import Address, Wei

if TYPE_CHECKING:
    from chainboy.chain.client import Chain


@attrs.frozen(kw_only=True)
class ContractEvent:
    """An event of a contract, with the log it was read from; the class has the event's name."""

    log: LogEvent


E = TypeVar("E", bound=ContractEvent)


class Contract:
    """One contract on one chain. Reads return values, writes return a :class:`~chainboy.chain.call.Call`.

    Every read raises :class:`~chainboy.errors.ContractRefused` where the contract reverts and
    :class:`~chainboy.errors.ChainError` where the endpoint fails.
    """

    ABI: ClassVar[str]
    EVENTS: ClassVar[tuple[type[ContractEvent], ...]] = ()

    def __init__(self, chain: Chain, address: Address, *, block: int | None = None) -> None:
        self.chain = chain
        self.address = address
        self.block = block

    def at(self, block: int) -> Self:
        """The same contract with reads as of ``block``; endpoints forget the state of old blocks."""
        return type(self)(self.chain, self.address, block=block)

    @classmethod
    def topic(cls, event: type[ContractEvent]) -> bytes:
        """The first topic of ``event``'s logs."""
        return cls._interface().events[event.__name__].topic

    @classmethod
    def topics(cls) -> tuple[bytes, ...]:
        """The first topics of all events that :meth:`decode` knows."""
        return tuple(cls.topic(event) for event in cls.EVENTS)

    @classmethod
    def decode(cls, log: LogEvent) -> ContractEvent:
        """The event in ``log``; raises :class:`~chainboy.errors.EncodingError` when it is none of these."""
        for event in cls.EVENTS:
            found = cls._interface().events[event.__name__]
            if log.topics and log.topics[0] == found.topic:
                return event(log=log, **_structured(event, found.decode(log)))
        raise EncodingError(f"this log is no event of {cls.ABI}; filter by address and topic")

    def events(self, logs: Iterable[LogEvent], kind: type[E]) -> tuple[E, ...]:
        """This contract's events of one kind among ``logs``, in their order."""
        topic = self.topic(kind)
        mine = (log for log in logs if log.address == self.address and log.topics[:1] == (topic,))
        return tuple(event for log in mine if isinstance(event := self.decode(log), kind))

    def check(self) -> None:
        """Raise :class:`~chainboy.errors.VersionMismatch` unless it speaks this package's version."""
        where = f"{self.address} on chain {self.chain.chain_id}"
        try:
            version = self._read("version")
        except (EncodingError, ContractRefused) as error:
            raise VersionMismatch(f"no contract of this kind is at {where}; check the address") from error
        if version != VERSION:
            raise VersionMismatch(
                f"the contract at {where} speaks version {version}, this package {VERSION}; use matching ones"
            )

    def _read(self, function: str, *arguments: Any) -> Any:
        call = self._write(function, *arguments)
        return self._interface().functions[function].decode(self.chain.call(call, block=self.block))

    def _write(self, function: str, *arguments: Any, value: Wei = NO_VALUE) -> Call:
        data = self._interface().functions[function].encode(*arguments)
        return Call(to=self.address, data=data, value=value, explain=explain)

    @classmethod
    def _interface(cls) -> Interface:
        return interface(cls.ABI)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"


def structure(kind: type[Any], fields: Mapping[str, Any]) -> Any:
    """An attrs object from decoded fields, its own attrs-typed fields included."""
    return kind(**_structured(kind, fields))


def _structured(kind: type[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    types = {field.name: field.type for field in attrs.fields(attrs.resolve_types(kind))}
    return {name: _converted(types.get(name), value) for name, value in fields.items()}


def _converted(kind: Any, value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(kind, type) and attrs.has(kind):
        return structure(kind, value)
    return value
