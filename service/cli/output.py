"""What a command says on standard output: words and tables for people, JSON for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

import orjson
import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
"""The option that every command has."""

Advance = Callable[[str], None]
"""Called with what was just done: one step of a progress bar."""

_UNBROKEN: Final = 1000
"""Columns of a table that is not written to a terminal: it is never folded."""


def tell_json(facts: Any) -> None:
    """Print facts as one indented JSON document."""
    typer.echo(orjson.dumps(facts, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())


def tell(sentence: str, facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what was done: the facts for machines, else the sentence."""
    if as_json:
        tell_json(facts)
    else:
        typer.echo(sentence)


def tell_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print rows: `{"items": […]}` for machines, else a table of `columns`."""
    if as_json:
        tell_json({"items": rows})
        return
    # Late, for the service itself never draws a table.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above

    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(width=None if sys.stdout.isatty() else _UNBROKEN, highlight=False, markup=False, emoji=False).print(table)


@contextmanager
def progress(title: str, *, steps: int) -> Iterator[Advance]:
    """Show a bar of `steps` steps on standard error while it is a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    # Late, for the service itself shows no bar.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - see above

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=max(steps, 1))
        yield lambda step: bar.update(task, advance=1, description=f"{title}: {step}")
