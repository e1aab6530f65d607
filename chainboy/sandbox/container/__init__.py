"""Runs one container for each run: images by digest, limits, an engine, and what dead owners left behind."""
