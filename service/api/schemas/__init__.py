"""What goes in and out over HTTP, in words and examples. They describe; the rules are in `core.fields`."""
