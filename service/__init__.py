"""AX Registry: the registry of AI factories and foundation models, and of the pace towards their targets."""
