"""What makes the generated pages of the docs; ``docs/generate.py`` is the way in."""
