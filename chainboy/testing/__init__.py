"""What ChainBoy itself is tested with, for tests of yours."""

from chainboy.testing.backends import AnvilChain, Backend, EmbeddedChain
from chainboy.testing.network import LocalNetwork, LocalNode

__all__ = ["AnvilChain", "Backend", "EmbeddedChain", "LocalNetwork", "LocalNode"]
