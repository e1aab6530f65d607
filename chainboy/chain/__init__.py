"""One chain's input and output: its profile, reads, logs, keys and transactions."""
