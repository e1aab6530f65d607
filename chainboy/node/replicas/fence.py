"""A signer that signs only while this replica may act."""

from __future__ import annotations

from collections.abc import Callable

from chainboy.chain.signer import Signer
from chainboy.units import Address


class FencedSigner:
    """``signer``, behind ``check``, which raises when it is another replica's turn.

    What goes past the journal, a letter to a relay or a claim on another chain, is signed first: so a replica
    that wakes up after its turn makes nothing new.
    """

    def __init__(self, signer: Signer, check: Callable[[], None]) -> None:
        self._signer = signer
        self._check = check

    @property
    def address(self) -> Address:
        """See :attr:`Signer.address`."""
        return self._signer.address

    def sign(self, message: bytes) -> bytes:
        """See :meth:`Signer.sign`."""
        self._check()
        return self._signer.sign(message)

    def derive(self, label: bytes) -> bytes:
        """See :meth:`Signer.derive`; this leaves the process only with what is signed."""
        return self._signer.derive(label)
