"""A request as its gateway took it; chain id and gateway are where it was made.

Rule: protocol, section 4.
"""

from __future__ import annotations

from functools import cached_property

import attrs

from chainboy.consensus import encoding
from chainboy.consensus.fields import address, digest, uint
from chainboy.units import Address, Digest, TaskId, Timestamp, Wei


@attrs.frozen(kw_only=True)
class Request:
    """What was asked for, paid and promised; amounts in wei, ``requested_at`` in block time.

    ``program`` is the sha2-256 of the program file (32 zero bytes in RANDOM), ``params`` the packed word of
    :class:`~chainboy.consensus.params.Params`. Raises :class:`~chainboy.errors.EncodingError` for a field
    that does not fit its word.
    """

    chain_id: int = attrs.field(validator=uint(256))
    gateway: Address = attrs.field(validator=address)
    requester: Address = attrs.field(validator=address)
    nonce: int = attrs.field(validator=uint(256))
    program: bytes = attrs.field(validator=digest)
    input_hash: Digest = attrs.field(validator=digest)
    price: Wei = attrs.field(validator=uint(256))
    tip: Wei = attrs.field(validator=uint(256))
    callback_gas: int = attrs.field(validator=uint(256))
    requested_at: Timestamp = attrs.field(validator=uint(256))
    params: int = attrs.field(validator=uint(256))

    @cached_property
    def hash(self) -> Digest:
        """Binds every field but ``params``."""
        return encoding.hash_words(
            encoding.REQUEST,
            self.chain_id,
            self.gateway,
            self.requester,
            self.nonce,
            self.program,
            self.input_hash,
            self.price,
            self.tip,
            self.callback_gas,
            self.requested_at,
        )

    @cached_property
    def task_id(self) -> TaskId:
        """The name of the task this request makes."""
        return encoding.task_id(self.hash, self.params)
