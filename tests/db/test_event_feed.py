"""The feed's order: nothing ever appears behind a place that was given out, however writers overlap."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from service.clock import utc_now
from service.core.event_feed import Place
from service.db.engine import Database
from service.db.read_models.event_feed import _FOLLOWING, read_end, read_stretch
from service.db.repositories.events import _ADD_EVENT, _values, begin_era
from tests.db.conftest import Connect
from tests.events import add, make_event, settled

WRITERS = 8
ROUNDS = 25
NAIVE = "SELECT id FROM event WHERE id > $1 ORDER BY id LIMIT 20"

Read = Callable[[], Awaitable[list[UUID]]]


async def test_reader_of_the_feed_loses_nothing_under_eight_writers(database: Database) -> None:
    place: Place | None = None

    async def read_on() -> list[UUID]:
        nonlocal place
        stretch = await read_stretch(database.pool, place, limit=20, now=utc_now())
        place = stretch.end if stretch.is_whole else stretch.events[-1].place
        return [event.place.id for event in stretch.events]

    written, seen = await read_while_writing(database, read_on)

    assert len(seen) == len(set(seen))
    assert set(seen) == written


async def test_same_writers_show_that_going_on_from_the_last_id_would_lose_some(database: Database) -> None:
    last = UUID(int=0)

    async def read_on() -> list[UUID]:
        nonlocal last
        found = [UUID(str(row["id"])) for row in await database.pool.fetch(NAIVE, last)]
        last = found[-1] if found else last
        return found

    written, seen = await read_while_writing(database, read_on)

    assert written - set(seen)


async def read_while_writing(database: Database, read_on: Read) -> tuple[set[UUID], list[UUID]]:
    """Read on and on while writers hold their transactions open for random times, then to the end."""
    seen: list[UUID] = []
    writing = asyncio.gather(*(_write(database.url, seed=number) for number in range(WRITERS)))
    while not writing.done():
        seen += await read_on()
        await asyncio.sleep(0)
    await settled(database)
    while found := await read_on():
        seen += found
    return {event_id for written in await writing for event_id in written}, seen


async def _write(url: str, *, seed: int) -> list[UUID]:
    chance = random.Random(seed)  # noqa: S311 - uneven, and the same each time
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), server_settings={"role": "axreg_app"})
    written = []
    for _ in range(ROUNDS):
        async with connection.transaction():
            event = make_event(utc_now())
            await connection.execute(_ADD_EVENT, *_values(event))
            await asyncio.sleep(chance.random() * 0.02)
        written.append(event.id)
    await connection.close()
    return written


async def test_event_is_shown_once_no_earlier_transaction_is_open(database: Database) -> None:
    async with database.pool.acquire() as early:
        opened = early.transaction()
        await opened.start()
        held_back = make_event(utc_now())
        await early.execute(_ADD_EVENT, *_values(held_back))
        later = make_event(utc_now())
        await add(database, later)
        while_open = await read_stretch(database.pool, None, limit=10, now=utc_now())
        await opened.commit()
    await settled(database)
    afterwards = await read_stretch(database.pool, while_open.end, limit=10, now=utc_now())
    assert while_open.events == []
    assert [event.place.id for event in afterwards.events] == [held_back.id, later.id]


async def test_place_of_the_end_is_followed_by_what_is_committed_next_alone(database: Database) -> None:
    await add(database, make_event(utc_now()))
    await settled(database)
    end = await read_end(database.pool, now=utc_now())
    following = make_event(utc_now())
    await add(database, following)
    await settled(database)
    stretch = await read_stretch(database.pool, end, limit=10, now=utc_now())
    assert [event.place.id for event in stretch.events] == [following.id]


async def test_what_is_past_its_time_of_keeping_is_not_shown_even_if_it_is_still_there(database: Database) -> None:
    await add(database, make_event(datetime(2020, 1, 1, tzinfo=UTC)))
    await settled(database)
    assert (await read_stretch(database.pool, None, limit=10, now=utc_now())).events == []


async def test_reading_on_uses_the_index_of_the_order(connect: Connect, migration_url: str) -> None:
    owner = await connect(migration_url)
    await owner.execute(
        "INSERT INTO event (id, type, subject, sequence, at, audience, body) SELECT uuid7(), 'factory.verified',"
        " 'factories/' || n, 1, now(), 'everyone', '{}' FROM generate_series(1, 3000) n"
    )
    await owner.execute("ANALYZE event")
    rows = await owner.fetch(f"EXPLAIN {_FOLLOWING}", 1, "3", UUID(int=0), UUID(int=0), 50)
    plan = "\n".join(row[0] for row in rows)
    assert "event_era_xid_id_idx" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("is_restored", [True, False])
async def test_restored_events_keep_their_place_before_the_new_ones(
    database: Database, connect: Connect, migration_url: str, *, is_restored: bool
) -> None:
    old = [make_event(utc_now()) for _ in range(3)]
    await add(database, *old)
    await settled(database)
    if is_restored:
        owner = await connect(migration_url)
        await owner.execute("UPDATE event SET xid = (xid::text::bigint + 1000000000)::text::xid8")
        handed_out = (await _all(database))[0]
        assert handed_out is None  # nothing of them is shown before another era has begun
    assert await begin_era(database.pool) is is_restored
    assert await begin_era(database.pool) is False
    first, *_ = (await read_stretch(database.pool, None, limit=1, now=utc_now())).events
    new = make_event(utc_now())
    await add(database, new)
    await settled(database)
    following = await read_stretch(database.pool, first.place, limit=10, now=utc_now())
    assert [first.place.id, *(event.place.id for event in following.events)] == [event.id for event in (*old, new)]


async def _all(database: Database) -> list[UUID | None]:
    stretch = await read_stretch(database.pool, None, limit=100, now=utc_now())
    return [event.place.id for event in stretch.events] or [None]
