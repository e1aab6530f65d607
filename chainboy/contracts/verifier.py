"""The verifier: whom a gateway asks before it believes a record."""

from __future__ import annotations

from chainboy.consensus.record import Record
from chainboy.contracts.contract import Contract
from chainboy.units import Address, Timestamp


class Verifier(Contract):
    """``HubVerifier``: it asks the hub beside it."""

    ABI = "HubVerifier"

    def hub(self) -> Address:
        """The hub it asks."""
        return Address(self._read("hub"))

    def live_until(self) -> Timestamp:
        """Until when (exclusive, block time) it can learn of new records."""
        return Timestamp(self._read("liveUntil"))

    def require_record(self, record: Record, proof: bytes = b"") -> None:
        """Raise :class:`~chainboy.errors.ContractRefused` unless the hub made ``record``."""
        self._read("requireRecord", record, proof)
