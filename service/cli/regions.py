"""`ax-registry regions apply`: the next merger of regions, from a file."""

import asyncio
import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from service.bootstrap import RunningDatabase, start_database
from service.cli.failures import INVALID, CommandFailed
from service.cli.output import AsJson, progress, tell
from service.cli.register import bring_up_to_date
from service.clock import utc_now
from service.core.access import Act
from service.core.region_changes import COLUMNS, BadRegions, RegionChanges
from service.db.engine import owner_session
from service.settings import read_settings
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE
from service.usecases.region_changes import apply_regions, factories_to_move, follow_in_filters, move_factory
from service.web.code_lists import FRESH_SECONDS

app = typer.Typer(help="Change the table of regions.", no_args_is_help=False)

_SETTLED_SECONDS: Final = FRESH_SECONDS + 1


@app.callback()
def group() -> None:
    """Change the table of regions."""


@app.command("apply")
def apply(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help=f"JSON as GET /v1/regions answers, or TSV with the columns {', '.join(COLUMNS)}.",
        ),
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add, rename and retire regions, and move every factory of a retired one to its successor; all of it or nothing.

    The file holds the regions that change, each whole. A retired one has `valid_to`, which has passed, and `successor`.
    """
    rows = read_rows(file)
    with start_database(read_settings()) as database:
        try:
            changes, moved = asyncio.run(_apply(database, rows, dry_run=dry_run))
        except BadRegions as bad:
            raise CommandFailed(str(bad), status=INVALID) from None
    facts: dict[str, Any] = {
        "added": [region.code for region in changes.added],
        "retired": [region.code for region in changes.retired],
        "written": [region.code for region in changes.written],
        "factories": moved,
        "dry_run": dry_run,
    }
    sentence = (
        f"{'Would change' if dry_run else 'Changed'} {len(changes.written)} regions "
        f"({len(changes.added)} new, {len(changes.retired)} retired) and {moved:,} factories."
    )
    tell(sentence, facts, as_json=as_json)


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file, JSON or TSV; an empty cell is null.

    Raises:
        CommandFailed: it is neither.
    """
    try:
        content = file.read_bytes().decode("utf-8-sig")
        if content.lstrip()[:1] in ("{", "["):
            found = orjson.loads(content)
            rows = found.get("items") if isinstance(found, dict) else found
        else:
            rows = [
                {name: cell or None for name, cell in row.items()}
                for row in csv.DictReader(io.StringIO(content), delimiter="\t", restkey="too_many_cells")
            ]
    except ValueError as error:
        raise CommandFailed(f"{file} is neither JSON nor TSV in UTF-8: {error}", status=INVALID) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CommandFailed(f"{file} must hold a list of regions, or 'items' with one", status=INVALID)
    return rows


async def _apply(database: RunningDatabase, rows: list[dict[str, Any]], *, dry_run: bool) -> tuple[RegionChanges, int]:
    await bring_up_to_date(database)
    act = Act(AT_THE_COMMAND_LINE, utc_now())
    async with owner_session(database.migration_url) as tx:
        changes = await apply_regions(tx, rows, act=act)
        await follow_in_filters(tx, changes, act=act)
        moved = await factories_to_move(tx, changes)
        if dry_run:
            await tx.rollback()
            return changes, len(moved)
        with progress("Factories", steps=len(moved)) as advance:
            for factory_id in moved:
                await move_factory(tx, factory_id, changes, act=act)
                advance(str(factory_id))
    if not changes.retired:
        return changes, len(moved)
    return changes, len(moved) + await _move_late_ones(database, changes)


async def _move_late_ones(database: RunningDatabase, changes: RegionChanges) -> int:
    """Move what was registered meanwhile: every process knows the regions of a few seconds ago."""
    await asyncio.sleep(_SETTLED_SECONDS)
    act = Act(AT_THE_COMMAND_LINE, utc_now())
    settled = replace(changes, before=changes.after)
    async with owner_session(database.migration_url) as tx:
        await follow_in_filters(tx, settled, act=act)
        late = await factories_to_move(tx, settled)
        for factory_id in late:
            await move_factory(tx, factory_id, settled, act=act)
    return len(late)
