"""ChainBoy: programs run by a network of user-run nodes, results agreed on by token majority."""
