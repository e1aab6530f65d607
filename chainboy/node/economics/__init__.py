"""What a task is worth to its operator: a forecast from the node's own history, and the gate that asks."""
