"""When a change counts as known: stamped as its transaction commits, and never behind an instant already answered."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from service.db.engine import Database
from service.db.hot_sql import HORIZON

ADD_STANDING = """
INSERT INTO standing (change_id, record_type, record_id, version, status, counts_on, registered_on, synthetic)
VALUES ($1, 'factory', $2, 1, 'verified', '2026-05-04', '2026-05-04', false)
"""
STAMP = "SELECT at FROM change WHERE id = $1"
KNOWN_BY = "SELECT count(*) FROM change WHERE at <= $1"


async def test_change_is_stamped_as_it_commits_however_long_it_was_open(database: Database) -> None:
    async with database.pool.acquire() as writer:
        opened = writer.transaction()
        await opened.start()
        change = await _add_standing(writer)
        answered = await database.pool.fetchval(HORIZON)
        await opened.commit()
    assert await database.pool.fetchval(STAMP, change) > answered


async def test_open_transaction_keeps_nobody_waiting(database: Database) -> None:
    async with database.pool.acquire() as writer, writer.transaction():
        await _add_standing(writer)
        assert await asyncio.wait_for(database.pool.fetchrow(HORIZON), timeout=5)


async def test_rolled_back_change_leaves_no_stamp(database: Database) -> None:
    before = await database.pool.fetchval("SELECT count(*) FROM change")
    async with database.pool.acquire() as writer:
        opened = writer.transaction()
        await opened.start()
        await _add_standing(writer)
        await opened.rollback()
    assert await database.pool.fetchval("SELECT count(*) FROM change") == before


async def test_transaction_has_one_stamp_for_all_it_changed(database: Database) -> None:
    change = uuid4()
    async with database.pool.acquire() as writer, writer.transaction():
        for _ in range(3):
            await writer.execute(ADD_STANDING, change, uuid4())
    assert len(await database.pool.fetch(STAMP, change)) == 1


async def test_horizon_waits_for_who_is_stamped_and_not_yet_visible(database: Database) -> None:
    async with database.pool.acquire() as writer:
        committing = writer.transaction()
        await committing.start()
        change = await _add_standing(writer)
        # Fires the trigger, as a commit does first of all, and stops there.
        await writer.execute("SET CONSTRAINTS ALL IMMEDIATE")
        asking = asyncio.create_task(database.pool.fetchrow(HORIZON))
        await asyncio.sleep(0.2)
        assert not asking.done()
        await committing.commit()
        horizon = await asyncio.wait_for(asking, timeout=5)
    stamp = await database.pool.fetchval(STAMP, change)
    assert horizon["known_at"] > stamp == horizon["last_change"]


async def test_horizon_names_the_last_change(database: Database) -> None:
    async with database.pool.acquire() as writer:
        change = await _add_standing(writer)
    horizon = await database.pool.fetchrow(HORIZON)
    assert horizon["last_change"] == await database.pool.fetchval(STAMP, change)


@pytest.mark.parametrize("table", ["target_revision", "standing"])
async def test_each_counting_table_stamps_its_changes(database: Database, table: str) -> None:
    trigger = "SELECT tgdeferrable AND tginitdeferred FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = $2"
    assert await database.pool.fetchval(trigger, table, f"{table}_stamp") is True


async def test_installed_targets_have_no_stamp_for_they_were_always_known(database: Database) -> None:
    assert await database.pool.fetchval("SELECT count(*) FROM target_revision") == 3
    assert await database.pool.fetchval("SELECT count(*) FROM change") == 0


async def test_nothing_known_by_an_answered_instant_appears_later(database: Database) -> None:
    """Writers hold their transactions open for uneven times while readers note what was known by when."""
    answered: list[tuple[datetime, datetime, int]] = []
    done = asyncio.Event()
    readers = [asyncio.create_task(_read(database, answered, done)) for _ in range(3)]
    await asyncio.gather(*(_write(database.url, uneven=number) for number in range(8)))
    done.set()
    await asyncio.gather(*readers)

    assert len(answered) > 50
    assert await database.pool.fetchval("SELECT count(*) FROM standing") == 8 * 40
    for known_at, last_change, count in answered:
        assert await database.pool.fetchval(KNOWN_BY, known_at) == count
        assert await database.pool.fetchval("SELECT max(at) FROM change WHERE at <= $1", known_at) == last_change


async def _read(database: Database, answered: list[tuple[datetime, datetime, int]], done: asyncio.Event) -> None:
    while not done.is_set():
        horizon = await database.pool.fetchrow(HORIZON)
        count = await database.pool.fetchval(KNOWN_BY, horizon["known_at"])
        answered.append((horizon["known_at"], horizon["last_change"], count))


async def _write(url: str, *, uneven: int) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), server_settings={"role": "axreg_app"})
    for round_ in range(40):
        async with connection.transaction():
            await _add_standing(connection)
            await asyncio.sleep((uneven * round_ % 7) / 1000)
    await connection.close()


async def _add_standing(connection: asyncpg.Connection) -> UUID:
    change = uuid4()
    await connection.execute(ADD_STANDING, change, uuid4())
    return change
