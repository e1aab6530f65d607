"""Shadow mode: a node that does all but sends nothing, and tells what it would have earned."""
