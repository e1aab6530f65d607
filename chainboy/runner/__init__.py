"""Runs programs for a node, in a process of its own that has what they need and no key."""
