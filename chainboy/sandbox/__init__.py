"""Runs programs: the seam, its default in WebAssembly, and a debugging aid that isolates nothing."""
