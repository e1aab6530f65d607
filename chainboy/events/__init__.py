"""What happened on a chain, from a source that gives it in order, final and at least once."""
