"""The command `ax-registry`."""
