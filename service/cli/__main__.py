"""`python -m service.cli`: the command `ax-registry` for a process that starts another of its own kind."""

from service.cli.main import run

run()
