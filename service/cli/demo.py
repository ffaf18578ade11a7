"""`ax-registry demo`: load the demo register, and remove it again."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from service.bootstrap import RunningDatabase, start_database
from service.cli.output import AsJson, tell
from service.cli.register import bring_up_to_date, do_in_register
from service.clock import utc_now
from service.core.access import Act
from service.db.engine import owner_session
from service.settings import read_settings
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE
from service.usecases.demo import Loaded, clear_demo, load_demo

app = typer.Typer(help="Load and remove the demo register: synthetic data, marked as such.", no_args_is_help=False)


@app.command("load")
def load(*, as_json: AsJson = False) -> None:
    """Load the demo register, beside whatever there is; if there is synthetic data already, nothing changes."""

    async def work(tx: AsyncSession, act: Act) -> Loaded:
        return await load_demo(tx, act=act)

    loaded = do_in_register(work)
    sentence = "There is synthetic data already: nothing was changed."
    if loaded.is_new:
        sentence = (
            f"Loaded {loaded.organizations} organizations, {loaded.factories} factories and "
            f"{loaded.foundation_models} foundation models, all of them synthetic."
        )
    tell(sentence, asdict(loaded), as_json=as_json)


@app.command("clear")
def clear(*, as_json: AsJson = False) -> None:
    """Remove every synthetic organization and record, with its history and keys; as the tables' owner."""
    with start_database(read_settings()) as database:
        removed = asyncio.run(_clear(database))
    counted = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in removed.items())
    sentence = f"Removed what was synthetic: {counted}." if removed else "There is nothing synthetic."
    tell(sentence, {"removed": dict(removed)}, as_json=as_json)


async def _clear(database: RunningDatabase) -> Mapping[str, int]:
    await bring_up_to_date(database)
    async with owner_session(database.migration_url) as tx:
        return await clear_demo(tx, act=Act(AT_THE_COMMAND_LINE, utc_now()))
