"""What is worked out for somebody who went away comes to its end, but not beyond the process' own."""

import asyncio

from service.core.pace_reading import last_ended
from service.db.engine import Database
from service.db.read_models.progress import read_horizon, read_targets_in_force
from service.db.repositories.regions import read_book
from service.usecases.pace_days import PaceDays


async def test_what_nobody_waits_for_any_more_is_broken_off_when_the_process_ends(database: Database) -> None:
    days, book = PaceDays(database.pool), await read_book(database.pool)
    horizon = await read_horizon(database.pool)
    [in_force] = await read_targets_in_force(database.pool, "factories-2030", horizon.known_at)
    asking = asyncio.create_task(days.ended_days(in_force, book=book, horizon=horizon))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    [under_way] = days._under_way
    await days.close()
    assert under_way.cancelled()
    assert days._under_way == set()
    assert last_ended(horizon.known_at) >= in_force.target.starts_on  # else there was nothing to work out
