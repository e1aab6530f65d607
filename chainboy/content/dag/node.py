"""dag-pb: a block of links, with some bytes.

Rule: the DAG-PB specification of IPLD, as strict as its readers are.
"""

from __future__ import annotations

import attrs

from chainboy.content.dag.address import Address
from chainboy.content.dag.protobuf import fields
from chainboy.errors import EncodingError

_DATA, _LINK = 1, 2
_HASH, _NAME, _SIZE = 1, 2, 3


@attrs.frozen(kw_only=True)
class Node:
    """The links of a block, in order, and its bytes if it has any."""

    links: tuple[Address, ...]
    data: bytes | None

    @classmethod
    def decode(cls, block: bytes) -> Node:
        """The node that ``block`` writes.

        Raises :class:`~chainboy.errors.EncodingError` for what the specification does not allow: unknown
        fields, a second ``Data``, links on both sides of it, a link's fields twice or out of order; and for a
        link whose CID is none of a file's.
        """
        links: list[Address] = []
        data: bytes | None = None
        closed = False
        for field in fields(block):
            if field.number == _DATA and data is None:
                data = field.blob()
                closed = bool(links)
            elif field.number == _LINK and not closed:
                links.append(_link(field.blob()))
            else:
                raise EncodingError(
                    f"field {field.number} of a dag-pb block is unknown, twice or out of place"
                )
        return cls(links=tuple(links), data=data)


def _link(message: bytes) -> Address:
    """Where a link leads; its name and the total size it claims mean nothing for a file."""
    address: Address | None = None
    last = 0
    for field in fields(message):
        if not last < field.number <= _SIZE:
            raise EncodingError(f"field {field.number} of a dag-pb link is unknown, twice or out of order")
        last = field.number
        if field.number == _HASH:
            address = Address.unpack(field.blob())
        elif field.number == _NAME:
            field.blob()
        else:
            field.integer()
    if address is None:
        raise EncodingError("a dag-pb link leads nowhere")
    return address
