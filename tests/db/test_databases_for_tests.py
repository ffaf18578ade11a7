"""The suite's own fixtures: what they promise to every other test."""

import asyncio
import socket

import asyncpg
import pytest
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database, open_database


async def test_fresh_database_is_migrated_and_served_with_the_apps_rights(database: Database) -> None:
    assert await database.is_current()
    assert await database.pool.fetchval("SELECT current_user") == "axreg_app"


@pytest.mark.parametrize("_round", [1, 2])
async def test_no_test_sees_what_another_committed(database: Database, _round: int) -> None:
    insert = "INSERT INTO contact (record_id) VALUES ('018f0000-0000-7000-8000-000000000000')"
    await database.pool.execute(insert)
    assert await database.pool.fetchval("SELECT count(*) FROM contact") == 1


@pytest.mark.parametrize("_round", [1, 2])
async def test_sessions_work_is_rolled_back_even_if_it_commits(session: AsyncSession, _round: int) -> None:
    await session.execute(text("INSERT INTO contact (record_id) VALUES ('018f0000-0000-7000-8000-000000000001')"))
    await session.commit()
    assert await session.scalar(text("SELECT count(*) FROM contact")) == 1


async def test_shared_url_leads_to_a_migrated_database(shared_database_url: str) -> None:
    database = await open_database(shared_database_url)
    assert await database.is_current()
    await database.close()


async def test_migration_url_is_the_same_database_with_its_owners_rights(
    database: Database, migration_url: str
) -> None:
    connection = await asyncpg.connect(migration_url.replace("+asyncpg", ""))
    await connection.execute("SET ROLE axreg_owner")
    await connection.execute("CREATE TABLE seen ()")
    await connection.close()
    assert await database.pool.fetchval("SELECT to_regclass('seen') IS NOT NULL")


def test_synchronous_test_may_run_a_loop_of_its_own(database_url: str) -> None:
    async def ask() -> int:
        connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
        answer: int = await connection.fetchval("SELECT 1")
        await connection.close()
        return answer

    assert asyncio.run(ask()) == 1


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_network_is_out_of_reach() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
