"""The HTTP API: routes that parse, call one use case and shape the answer."""
