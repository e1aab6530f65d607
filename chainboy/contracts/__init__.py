"""The contracts from Python: their artifacts, thin typed wrappers, refusals in words, and deployment."""
