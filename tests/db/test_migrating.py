"""Bringing a database up to date: by whom, in what order, and when it is refused."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from service.db.engine import open_database
from service.db.migrating import MigrationRefused, _prepare, alembic_config, current_revision, migrate, newest_revision
from service.db.tables import Base
from service.embedded import Attached
from tests.conftest import MakeDatabaseUrl
from tests.db.conftest import Connect

ROOT = Path(__file__).resolve().parents[2]
_SCRIPTS = ScriptDirectory.from_config(alembic_config())


async def test_migrating_twice_changes_nothing(migration_url: str, connect: Connect) -> None:
    connection = await connect(migration_url)
    before = await connection.fetch("SELECT xmin::text, code FROM target ORDER BY code")
    assert await migrate(migration_url) == newest_revision()
    assert await connection.fetch("SELECT xmin::text, code FROM target ORDER BY code") == before


async def test_several_migrating_at_once_wait_for_each_other(
    make_database_url: MakeDatabaseUrl, connect: Connect
) -> None:
    url = await make_database_url(empty=True, role="axreg_owner")
    assert await asyncio.gather(*(_migrate_apart(url) for _ in range(3))) == [newest_revision()] * 3
    connection = await connect(url)
    assert await connection.fetchval("SELECT count(*) FROM region") == 20
    assert await connection.fetchval("SELECT array_agg(version_num::text) FROM alembic_version") == [newest_revision()]


async def test_migrating_waits_for_who_holds_the_lock(migration_url: str, connect: Connect) -> None:
    holder = await connect(migration_url)
    await holder.execute("SELECT pg_advisory_lock(20251217)")
    waiting = asyncio.create_task(migrate(migration_url))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await holder.execute("SELECT pg_advisory_unlock(20251217)")
    assert await waiting == newest_revision()


async def test_failed_migration_leaves_the_database_as_it_was_and_the_lock_free(
    make_database_url: MakeDatabaseUrl, connect: Connect
) -> None:
    url = await make_database_url(empty=True, role="axreg_owner")
    connection = await connect(url)
    # In the way of the last thing that the first migration makes.
    await connection.execute(
        "CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    await connection.execute("CREATE TABLE target_revision ()")
    with pytest.raises(Exception, match=r'relation "target_revision" already exists'):
        await migrate(url)
    assert await connection.fetchval("SELECT to_regclass('region') IS NULL")
    await connection.execute("DROP TABLE target_revision")
    assert await asyncio.wait_for(migrate(url), timeout=30) == newest_revision()


async def test_models_equal_migrations(migration_url: str) -> None:
    await _on(migration_url, lambda connection: command.check(alembic_config(connection)))


@pytest.mark.parametrize("table", ["factory", "foundation_model"])
async def test_names_sort_alike_on_every_server(migration_url: str, connect: Connect, table: str) -> None:
    """Alembic's own comparison leaves collations out."""
    connection = await connect(migration_url)
    definition = await connection.fetchval(f"SELECT pg_get_indexdef('{table}_name_id_idx'::regclass)")
    assert definition.endswith('USING btree (name COLLATE "C", id)')


async def test_checks_of_the_models_equal_those_of_the_migrations(migration_url: str, connect: Connect) -> None:
    """Alembic's own comparison leaves checks out."""
    connection = await connect(migration_url)
    rows = await connection.fetch("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
    declared = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert {row["conname"] for row in rows} == declared


@pytest.mark.parametrize("revision", [script.revision for script in _SCRIPTS.walk_revisions()])
def test_every_migration_sets_its_timeouts_first(revision: str) -> None:
    script = _SCRIPTS.get_revision(revision)
    config = alembic_config()
    config.output_buffer = StringIO()
    command.upgrade(config, f"{script.down_revision or 'base'}:{revision}", sql=True)
    after_heading = config.output_buffer.getvalue().partition("-- Running upgrade")[2]
    statements = [line for line in after_heading.splitlines()[1:] if line.strip()]
    assert re.fullmatch(r"SET (LOCAL )?lock_timeout = '\d+s';", statements[0])
    assert re.fullmatch(r"SET (LOCAL )?statement_timeout = '\d+(s|min)';", statements[1])


async def test_going_back_beyond_what_partners_were_promised_is_refused_with_the_reason(
    migration_url: str, connect: Connect
) -> None:
    with pytest.raises(RuntimeError, match=r"0003 holds events that are still to be delivered; to go back beyond it, "):
        await _on(migration_url, lambda connection: command.downgrade(alembic_config(connection), "base"))
    connection = await connect(migration_url)
    assert await connection.fetchval("SELECT count(*) FROM target") == 3


async def test_revision_of_a_database_never_migrated_is_none(make_database_url: MakeDatabaseUrl) -> None:
    engine = create_async_engine(await make_database_url(empty=True), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await current_revision(connection) is None
    await engine.dispose()


async def test_superuser_makes_roles_and_leaves_the_tables_to_the_owner(
    bare_server: Attached, connect: Connect
) -> None:
    url = bare_server.url_for("postgres", "theirs")
    assert await migrate(url) == newest_revision()
    connection = await connect(url)
    owners = await connection.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert [row["tableowner"] for row in owners] == ["axreg_owner"]
    roles = "SELECT bool_or(rolsuper OR rolcreaterole OR rolcreatedb) FROM pg_roles WHERE rolname LIKE 'axreg%'"
    assert await connection.fetchval(roles) is False


async def test_two_databases_of_one_new_server_are_migrated_at_once(bare_server: Attached, connect: Connect) -> None:
    connection = await connect(bare_server.superuser_url)
    await connection.execute("CREATE DATABASE axreg")
    urls = [bare_server.url_for("postgres", name) for name in ("theirs", "axreg")]
    assert await asyncio.gather(*map(_migrate_apart, urls)) == [newest_revision()] * 2


async def test_one_login_that_may_create_roles_migrates_and_serves_as_on_a_managed_server(
    bare_server: Attached, connect: Connect
) -> None:
    connection = await connect(bare_server.superuser_url)
    await connection.execute("ALTER ROLE tenant CREATEROLE")
    url = bare_server.url_for("tenant", "theirs")
    assert await migrate(url) == newest_revision()
    serving = await open_database(url)
    assert await serving.pool.fetchval("SELECT current_user") == "axreg_app"
    await serving.close()


async def test_missing_roles_are_named_with_the_statement_that_makes_them(bare_server: Attached) -> None:
    told = (
        r"^the role axreg_owner is missing; run as a superuser: CREATE ROLE axreg_owner "
        r"\(CREATE ROLE axreg_owner: permission denied to create role\)$"
    )
    with pytest.raises(MigrationRefused, match=told):
        await migrate(bare_server.url_for("tenant", "theirs"))


async def test_login_that_cannot_become_the_owner_is_told_whose_to_use(bare_server: Attached, connect: Connect) -> None:
    connection = await connect(bare_server.superuser_url)
    await connection.execute("CREATE ROLE axreg_owner LOGIN")
    await connection.execute("CREATE ROLE axreg_app LOGIN")
    with pytest.raises(MigrationRefused, match=r"^migrate with axreg_owner's own login \(AX_DATABASE_MIGRATION_URL\)"):
        await migrate(bare_server.url_for("tenant", "theirs"))


async def test_missing_extension_is_named_with_the_statement_that_makes_it(
    bare_server: Attached, connect: Connect
) -> None:
    connection = await connect(bare_server.superuser_url)
    await connection.execute("CREATE ROLE axreg_owner LOGIN")
    await connection.execute("CREATE ROLE axreg_app LOGIN")
    with pytest.raises(MigrationRefused, match=r"^the extension pg_trgm is missing; run as a superuser: CREATE EXT"):
        await migrate(bare_server.url_for("axreg_owner", "theirs"))


async def test_owner_alone_is_enough_where_a_superuser_prepared(bare_server: Attached, connect: Connect) -> None:
    connection = await connect(bare_server.superuser_url)
    await connection.execute("CREATE ROLE axreg_owner LOGIN")
    await connection.execute("CREATE ROLE axreg_app LOGIN")
    await connection.execute("ALTER DATABASE theirs OWNER TO axreg_owner")
    assert await migrate(bare_server.url_for("axreg_owner", "theirs")) == newest_revision()


async def test_server_older_than_15_is_refused() -> None:
    class OldServer(AsyncConnection):
        def __init__(self) -> None:
            """Stand for a server that can't be had here; nothing but its version is asked."""

        async def scalar(self, *_: object, **__: object) -> str:
            return "140012"

    with pytest.raises(MigrationRefused, match=r"^PostgreSQL 15 or newer is needed; this server is 14$"):
        await _prepare(OldServer())


async def _migrate_apart(url: str) -> str:
    """Migrate in a process of its own, as replicas that start together do; return the revision reached."""
    script = "import asyncio, sys; from service.db.migrating import migrate; print(asyncio.run(migrate(sys.argv[1])))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, url, stdout=subprocess.PIPE, cwd=ROOT)
    printed, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    return printed.decode().strip()


async def _on(url: str, act: Callable[[Connection], None]) -> None:
    """Run what alembic does on a connection of the database's owner."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(act)
    await engine.dispose()
