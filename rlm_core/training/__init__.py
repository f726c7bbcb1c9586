"""Training loops, each readable from top to bottom."""
