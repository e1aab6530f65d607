"""Carries results to the chains that asked: seals, submits checkpoints and delivers, for tips."""

from chainboy.relay.destination import Destination
from chainboy.relay.policy import RelayPolicy
from chainboy.relay.relay import Relay

__all__ = ["Destination", "Relay", "RelayPolicy"]
