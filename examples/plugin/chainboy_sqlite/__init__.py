"""Content and events for ChainBoy nodes out of SQLite files."""
