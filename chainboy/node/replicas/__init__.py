"""Several replicas of one node: a journal in PostgreSQL, and a lease on it that one of them has at a time."""
