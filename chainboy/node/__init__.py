"""The node, in parts: a pure state machine, and the edges that run, journal and submit what it decides."""
