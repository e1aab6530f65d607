"""The five nodes of the demo: three that follow the rules, one that lies, one that copies."""

from __future__ import annotations

import attrs

from chainboy.testing.adversaries import CopyingNode, LyingNode
from chainboy.testing.network import NodeFactory


@attrs.frozen(kw_only=True)
class Role:
    """One node: how it is called, what it has bonded, what it does wrong."""

    name: str
    bond: int
    habit: str
    factory: NodeFactory | None = None


CAST = (
    Role(name="Ada", bond=300, habit="follows the rules"),
    Role(name="Bela", bond=250, habit="is stopped after its first commit and started again"),
    Role(name="Cleo", bond=200, habit="follows the rules"),
    Role(name="Dina", bond=150, habit="lies about every outcome", factory=LyingNode.compose),
    Role(name="Emil", bond=100, habit="copies another node's commitment", factory=CopyingNode.compose),
)

RESTARTED = 1
"""The place in the cast of the node that is stopped after its first commit."""


def factories() -> dict[int, NodeFactory]:
    """The makers of the nodes that do not follow the rules, by their place in the cast."""
    return {index: role.factory for index, role in enumerate(CAST) if role.factory is not None}
