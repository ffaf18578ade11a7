"""`ax-registry migrate`, and what old and new versions think of each other's tables."""

import asyncio

import asyncpg
import httpx
import pytest

from service.db.migrating import newest_revision
from tests.cli.conftest import Call, Cli


async def set_revision(url: str, revision: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    await connection.close()


@pytest.fixture
def newer(cli: Cli) -> Cli:
    """The command on a database that a version of the future has migrated."""
    asyncio.run(set_revision(cli.settings["AX_DATABASE_MIGRATION_URL"], "9999"))
    return cli


def test_migrates_once_and_says_to_what(call: Call, empty_cli: Cli) -> None:
    assert call(empty_cli, "migrate").out == f"The database is at revision {newest_revision()}.\n"
    assert call(empty_cli, "migrate", "--json").json == {"revision": newest_revision()}


def test_newer_tables_are_left_alone(call: Call, newer: Cli) -> None:
    assert call(newer, "migrate", "--json").json == {"revision": "9999"}


def test_older_version_serves_newer_tables_for_migrations_suit_both(newer: Cli) -> None:
    with newer.serving() as serving:
        assert httpx.get(f"{serving.url}/readyz").status_code == 200
        serving.end()
    assert "database_is_newer_than_this_version" in "".join(serving.log)


def test_login_that_may_not_migrate_is_told_what_is_missing(call: Call, empty_cli: Cli) -> None:
    nobody = empty_cli.with_settings(AX_DATABASE_MIGRATION_URL="postgresql://nobody@127.0.0.1:1/x")
    assert "the database can't be reached" in call(nobody, "migrate").refusal(status=6)
