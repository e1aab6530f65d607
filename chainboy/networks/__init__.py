"""Which chains a network is on, and how its contracts get there."""
