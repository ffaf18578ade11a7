"""Writes and single reads, one file per noun. They give back core objects, not rows."""
