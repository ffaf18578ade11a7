"""Bringing a database up to what this version needs: roles, extension and migrations, under one advisory lock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

OWNER = "axreg_owner"
APP = "axreg_app"
LOWEST_VERSION = 15
_LOCK = 20251217
_TRY_AGAIN_SECONDS = 0.1
_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
_FIRST_WITH_SET_OPTION = 16
_FOLDER = Path(__file__).resolve().parents[2] / "migrations"


class Schema(StrEnum):
    """How a database's tables compare with what this version of the service needs."""

    CURRENT = "current"
    BEHIND = "behind"
    """Migrations are missing, or all of them."""
    AHEAD = "ahead"
    """A newer version has migrated it. That suits this one too: migrations add first, and remove a release later."""


class MigrationRefused(Exception):
    """The database can't be migrated; the message is one line with the remedy."""


async def migrate(url: str) -> str:
    """Bring the database at `url` (its owner's, or a superuser's) to the newest revision; return its revision.

    A database that a newer version has migrated is left as it is. Any number of processes may call it at once: they
    queue at an advisory lock.

    Raises:
        MigrationRefused: the server is too old, or the roles are missing and this login may not create them.
    """
    async with _prepared(url) as connection:
        is_behind = await schema_state(connection) is Schema.BEHIND
        await connection.commit()  # each migration has a transaction of its own, and some steps none at all
        if is_behind:
            await connection.run_sync(_upgrade)
        await connection.commit()
        return await current_revision(connection) or ""


async def prepare(url: str) -> None:
    """Make the roles and the extension where they are missing, and no table; raises as `migrate`."""
    async with _prepared(url):
        pass


async def current_revision(connection: AsyncConnection) -> str | None:
    """Return the revision the database is at, or None if it has never been migrated."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version') IS NULL")):
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def schema_state(connection: AsyncConnection) -> Schema:
    """Tell how the database's tables compare with this version."""
    revision = await current_revision(connection)
    if revision == newest_revision():
        return Schema.CURRENT
    known = {script.revision for script in _scripts().walk_revisions()}
    return Schema.BEHIND if revision is None or revision in known else Schema.AHEAD


def newest_revision() -> str:
    """Return the revision that this version of the service needs."""
    head = _scripts().get_current_head()
    assert head is not None  # noqa: S101 - the folder of migrations is part of the package and never empty
    return head


def alembic_config(connection: Connection | None = None) -> Config:
    """Return alembic's configuration, to run on `connection`."""
    config = Config(str(_FOLDER / "alembic.ini"))
    config.attributes["connection"] = connection
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


@asynccontextmanager
async def _prepared(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a connection that works as the owner, the only one for as long as the block lasts."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _wait_for_turn(connection)
            try:
                await _prepare(connection)
                yield connection
            finally:
                await connection.rollback()
                await connection.execute(text("RESET ROLE"))
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                await connection.commit()
    finally:
        await engine.dispose()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Take the lock of migrations. By asking again and again: who waits in a statement holds up an index's building."""
    while True:
        is_ours = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
        await connection.commit()
        if is_ours:
            return
        await asyncio.sleep(_TRY_AGAIN_SECONDS)


async def _prepare(connection: AsyncConnection) -> None:
    """Make the two roles and the extension where they are missing, and go on as the owner."""
    major = int(await connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if major < LOWEST_VERSION:
        raise MigrationRefused(f"PostgreSQL {LOWEST_VERSION} or newer is needed; this server is {major}")
    for role in (OWNER, APP):
        await _make_role(connection, role, major=major)
    if await connection.scalar(text("SELECT current_user <> :owner"), {"owner": OWNER}):
        await _become_owner(connection, major=major)
    elif not await connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        await _try(connection, _EXTENSION, f"the extension pg_trgm is missing; run as a superuser: {_EXTENSION}")
    await connection.commit()


async def _make_role(connection: AsyncConnection, role: str, *, major: int) -> None:
    """Make a role that is missing; roles are the whole server's, so another database's migration may come first."""
    exists = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if await connection.scalar(exists, {"role": role}):
        return
    statement = f"CREATE ROLE {role}"
    remedy = f"the role {role} is missing; run as a superuser: {statement}"
    try:
        await _try(connection, statement, remedy)
        # So that one login may do for both migrating and serving.
        await _let_become(connection, role, remedy, major=major)
    except MigrationRefused:
        if not await connection.scalar(exists, {"role": role}):
            raise


async def _become_owner(connection: AsyncConnection, *, major: int) -> None:
    """Let another login (a superuser, the database's creator) work as the owner, so that the tables are the owner's."""
    remedy = f"migrate with {OWNER}'s own login (AX_DATABASE_MIGRATION_URL), or one that may grant to it; failed"
    await _try(connection, f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}", remedy)
    await _try(connection, _EXTENSION, remedy)
    await _let_become(connection, OWNER, remedy, major=major)
    await connection.commit()
    await connection.execute(text(f"SET ROLE {OWNER}"))


async def _let_become(connection: AsyncConnection, role: str, remedy: str, *, major: int) -> None:
    """See that this login may take the role."""
    # Since 16, who made a role is a member that may grant it, to itself too, but not yet become it.
    needed = "SET" if major >= _FIRST_WITH_SET_OPTION else "MEMBER"
    may_become = text("SELECT pg_has_role(current_user, CAST(:role AS name), :needed)")
    if not await connection.scalar(may_become, {"role": role, "needed": needed}):
        await _try(connection, f"GRANT {role} TO CURRENT_USER", remedy)


async def _try(connection: AsyncConnection, statement: str, remedy: str) -> None:
    """Run a statement that needs rights; refused, it leaves the transaction as it was."""
    try:
        async with connection.begin_nested():
            await connection.execute(text(statement))
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise MigrationRefused(f"{remedy} ({statement}: {reason})") from None
