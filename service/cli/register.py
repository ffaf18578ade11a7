"""A command's way to the register: the database, its tables up to date, and one transaction."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from service.bootstrap import RunningDatabase, start_database
from service.cli.failures import CommandFailed
from service.clock import utc_now
from service.core.access import Act
from service.db.engine import Database, open_database
from service.db.migrating import Schema, migrate
from service.settings import read_settings
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE

log = structlog.get_logger()

Result = TypeVar("Result")
Work = Callable[[AsyncSession, Act], Awaitable[Result]]
"""What a command does, in one transaction, as the operator at the machine."""

_NOT_MIGRATED: Final = "the database lacks this version's tables: run `ax-registry migrate` first"


def do_in_register(work: Work[Result]) -> Result:
    """Do some work on the register of the settings; it is committed at its end, or none of it is."""
    with start_database(read_settings()) as database:
        return asyncio.run(_do(database, work))


def ask_register(question: Callable[[Database], Awaitable[Result]], *, connections: int = 1) -> Result:
    """Ask the register of the settings something that makes its own transactions, or changes nothing."""
    with start_database(read_settings()) as database:
        return asyncio.run(_ask(database, question, connections))


async def bring_up_to_date(database: RunningDatabase) -> None:
    """Migrate the embedded database: nobody else will.

    A database of one's own is never migrated on the way, not even with AX_DATABASE_MIGRATION_URL: a release is a step
    somebody takes, replicas that restart must not take it for them, and they need no owner's password.
    """
    if database.embedded:
        await migrate(database.migration_url)


async def require_tables(database: Database) -> None:
    """Refuse a database to which this release was not applied."""
    match await database.schema_state():
        case Schema.BEHIND:
            raise CommandFailed(_NOT_MIGRATED)
        case Schema.AHEAD:
            log.warning("database_is_newer_than_this_version")
        case Schema.CURRENT:
            pass


async def _do(database: RunningDatabase, work: Work[Result]) -> Result:
    await bring_up_to_date(database)
    async with _opened(database.url) as opened:
        await require_tables(opened)
        async with opened.session() as tx:
            return await work(tx, Act(AT_THE_COMMAND_LINE, utc_now()))


async def _ask(
    database: RunningDatabase, question: Callable[[Database], Awaitable[Result]], connections: int
) -> Result:
    await bring_up_to_date(database)
    async with _opened(database.url, connections) as opened:
        await require_tables(opened)
        return await question(opened)


@asynccontextmanager
async def _opened(url: str, connections: int = 1) -> AsyncIterator[Database]:
    database = await open_database(url, hot_size=connections, session_size=1)
    try:
        yield database
    finally:
        await database.close()
