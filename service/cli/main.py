"""The entry point: every command by its name, and how any of them fails."""

import contextlib
import os
import sys
from importlib.metadata import version
from typing import Annotated, Final, Protocol, runtime_checkable

import typer

from service.cli import (
    backups,
    demo,
    doctor,
    documents,
    keys,
    migrations,
    organizations,
    pace,
    regions,
    serving,
    webhooks,
    worker,
)
from service.cli.failures import FAILED, explain

_INTERRUPTED: Final = 130

app = typer.Typer(
    name="ax-registry",
    help="The registry of AI factories and foundation models. Settings are environment variables: docs/settings.md.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def command(
    context: typer.Context,
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Take the options that stand before a command."""
    if show_version:
        typer.echo(version("ax-registry"))
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


app.command("serve")(serving.serve)
app.command("worker")(worker.worker)
app.command("migrate")(migrations.migrate)
app.add_typer(keys.app, name="keys")
app.add_typer(organizations.app, name="organizations")
app.add_typer(regions.app, name="regions")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(demo.app, name="demo")
app.add_typer(pace.app, name="pace")
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("doctor")(doctor.doctor)
app.command("openapi")(documents.openapi)


@runtime_checkable
class _WrongUse(Protocol):
    """An error of the option parser, whose own class is click's in some versions of typer and private in others."""

    exit_code: int

    def format_message(self) -> str:
        """Return what was wrong."""


def run() -> None:
    """Run a command and leave with its status; whatever fails is one line on standard error."""
    sys.exit(_status())


def _status() -> int:
    try:
        left_with = app(standalone_mode=False)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        return _say("stopped", _INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has left, as `| head` does; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last place that can turn a failure into a sentence
        if isinstance(error, _WrongUse):
            return _say(f"{error.format_message()} See `ax-registry --help`.", error.exit_code)
        failure = explain(error)
        return _say(failure.line, failure.status)
    return left_with if isinstance(left_with, int) else 0


def _say(line: str, status: int) -> int:
    with contextlib.suppress(OSError):
        typer.echo(f"error: {line}", err=True)
    return status
