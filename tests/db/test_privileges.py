"""What the service's role may do: add to what happened, and never alter it."""

import asyncpg
import pytest
from sqlalchemy import text

from service.db.engine import Database, open_database
from tests.conftest import MakeDatabaseUrl
from tests.db.conftest import Connect

A_COLUMN_OF = {
    "audit_entry": "actor_label",
    "standing": "status",
    "change": "at",
    "target_revision": "reason",
    "pace_day": "pace",
}
REFUSED = asyncpg.InsufficientPrivilegeError


@pytest.mark.parametrize("table", A_COLUMN_OF)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "DROP TABLE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN more text",
        "CREATE RULE hide AS ON INSERT TO {table} DO INSTEAD NOTHING",
    ],
)
async def test_what_happened_cannot_be_altered(shared_database: Database, table: str, statement: str) -> None:
    with pytest.raises(REFUSED, match=f"permission denied for table {table}|must be owner of"):
        await shared_database.pool.execute(statement.format(table=table, column=A_COLUMN_OF[table]))


async def test_app_may_alter_no_other_table_than_these(shared_database: Database) -> None:
    rights = """
      SELECT relname, string_agg(right_, ' ' ORDER BY right_) AS rights FROM pg_class,
        unnest(ARRAY['DELETE', 'REFERENCES', 'TRIGGER', 'TRUNCATE', 'UPDATE']) AS right_
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege(oid, right_)
      GROUP BY relname
    """
    found = {row["relname"]: row["rights"] for row in await shared_database.pool.fetch(rights)}
    assert found == {
        **dict.fromkeys(["alert", "api_key", "event_clock", "factory", "foundation_model"], "UPDATE"),
        **dict.fromkeys(["organization", "pace_told", "target", "webhook_tally"], "UPDATE"),
        **dict.fromkeys(["event", "webhook_attempt"], "DELETE"),
        **dict.fromkeys(["contact", "idempotent_answer", "notification", "worker"], "DELETE UPDATE"),
        **dict.fromkeys(["webhook_delivery", "webhook_endpoint", "webhook_secret"], "DELETE UPDATE"),
    }


async def test_app_owns_nothing(shared_database: Database, migration_url: str, connect: Connect) -> None:
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'axreg_app'::regrole AND deptype = 'o'"
    assert await shared_database.pool.fetchval("SELECT current_user") == "axreg_app"
    assert await (await connect(migration_url)).fetchval(owned) == 0


async def test_app_is_no_superuser_and_no_member_of_the_owner(migration_url: str, connect: Connect) -> None:
    rights = """
      SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR pg_has_role(oid, 'axreg_owner', 'MEMBER')
      FROM pg_roles WHERE rolname = 'axreg_app'
    """
    assert await (await connect(migration_url)).fetchval(rights) is False


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine ()", "CREATE VIEW mine AS SELECT 1", "CREATE SCHEMA mine", "CREATE EXTENSION unaccent"],
)
async def test_app_can_make_nothing(shared_database: Database, statement: str) -> None:
    with pytest.raises(REFUSED, match=r"permission denied"):
        await shared_database.pool.execute(statement)


async def test_registrys_clock_cannot_be_replaced_by_the_app(shared_database: Database) -> None:
    replace = "CREATE OR REPLACE FUNCTION registry_clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'"
    with pytest.raises(REFUSED, match=r"permission denied for schema public|must be owner"):
        await shared_database.pool.execute(replace)


async def test_code_lists_are_read_only(shared_database: Database) -> None:
    with pytest.raises(REFUSED, match=r"permission denied for table region"):
        await shared_database.pool.execute("UPDATE region SET name_en = name_en")


async def test_service_keeps_to_the_apps_rights_when_a_superuser_logs_in(
    make_database_url: MakeDatabaseUrl,
) -> None:
    opened = await open_database(await make_database_url(role="postgres"))
    try:
        with pytest.raises(REFUSED):
            await opened.pool.execute("DELETE FROM audit_entry")
        async with opened.session() as session:
            assert await session.scalar(text("SELECT current_user")) == "axreg_app"
    finally:
        await opened.close()
