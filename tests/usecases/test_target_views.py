"""What a process has counted and moved on is what a recount from scratch gives, whatever happens, and at once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from service.core.access import Act
from service.core.breakdown import By
from service.core.pace import assess
from service.core.progress import TargetInForce
from service.core.records import day_in_seoul
from service.core.regions import RegionBook
from service.db.engine import Database, owner_session
from service.db.read_models.pace import CHANGES_AT_MOST
from service.db.read_models.progress import read_horizon, read_targets_in_force
from service.db.repositories import regions
from service.usecases.breakdown import BreakdownAnswers, SplitQuestion
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE
from service.usecases.demo import clear_demo, load_demo
from service.usecases.pace_days import PaceDays
from service.usecases.region_changes import apply_regions, factories_to_move, move_factory
from service.usecases.target_views import TargetViews, state_at
from tests.api.builders import register_factory
from tests.api.test_progress import random_step
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in, set_stamps
from tests.recount import read_counts, read_lives

FIRST = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
BOOK = RegionBook([])
CODES = ("factories-2026", "summer", "gyeonggi")

# Invented: Gyeonggi becomes a part of a new region.
COLUMNS = ("code", "iso", "name_ko", "name_en", "short_ko", "short_en", "type", "valid_from", "valid_to", "successor")
GYEONGGI = ("41", "KR-41", "경기도", "Gyeonggi-do", "경기", "Gyeonggi", "province", None, "2026-05-31", "99")
MERGED = (
    "99",
    None,
    "경기통합도",
    "Greater Gyeonggi",
    "경기통합",
    "Gyeonggi-plus",
    "province",
    "2026-06-01",
    None,
    None,
)

_NOTE = """
INSERT INTO standing (change_id, record_type, record_id, version, status, counts_on, registered_on, region, industry,
  synthetic)
VALUES ($1, 'factory', $2, $3, $4, $5, $6, '41', '26', false)
"""


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> Any:
    async with living_in(FIRST, database_url=database_url, migration_url=migration_url) as living:
        window = {"counts_from": "2026-01-01", "starts_on": "2026-06-01", "due_on": "2026-07-15"}
        await set_target(living.ministry, code="summer", goal=9, **window)
        await set_target(living.ministry, code="gyeonggi", goal=9, filter={"regions": ["경기"]}, **window)
        yield living


def make_act() -> Act:
    return Act(AT_THE_COMMAND_LINE, datetime(2026, 6, 1, 3, 0, tzinfo=UTC))


async def in_force(database: Database, code: str, known_at: datetime) -> TargetInForce:
    (found,) = await read_targets_in_force(database.pool, code, known_at)
    return found


async def assert_recounted(world: World, days: PaceDays, code: str, known_at: datetime, as_of: date) -> None:
    """Compare what a process says of a target with what is counted, and judged day after day, from scratch."""
    pool, book = world.api.database.pool, await regions.read_book(world.api.database.pool)
    horizon = await days.views.look()
    known_at = min(known_at, horizon.known_at)
    one = await in_force(world.api.database, code, known_at)
    state = state_at(horizon) if known_at == horizon.known_at else known_at
    found = await days.assess(one, as_of, book=book, known_at=known_at, state_at=state)
    meant = book.codes_meant_by_all(one.target.filter.regions)
    counts = await read_counts(pool, one.target, regions=meant, known_at=known_at)
    assert (found.counts.counting, found.counts.submitted) == (counts.counting, counts.submitted)
    assert (found.counts.synthetic > 0) is counts.synthetic
    lives = await read_lives(pool, one.target, regions=meant, known_at=known_at)
    assert found.progress == assess(one.target, lives.records_on(one.target, meant), as_of)


# --- whatever happens ---


async def merge_regions(world: World, migration_url: str) -> None:
    """Let Gyeonggi become another region, and its factories move."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in (GYEONGGI, MERGED)]
    async with owner_session(migration_url) as tx:
        changes = await apply_regions(tx, rows, act=make_act())
        for factory_id in await factories_to_move(tx, changes):
            await move_factory(tx, factory_id, changes, act=make_act())
    world.api.resources.code_lists._read_at = float("-inf")


async def do_something_rare(world: World, migration_url: str, number: int) -> None:
    """Bring a record in, revise a target, load or clear the demo register, or merge regions: each on its day."""
    match number:
        case 9 | 27 | 33:
            await register_factory(
                world.ministry,
                organization_id=str(world.company.organization_id),
                adoption_date="2026-06-03",
                registered_on=f"2026-06-0{number // 9}",
            )
        case 14 | 30:
            await world.ministry.patch("/v1/targets/summer", {"goal": number // 2, "reason": "x"}, if_match="*")
        case 18:
            async with world.api.database.session() as tx:
                await load_demo(tx, act=make_act())
        case 24:
            async with owner_session(migration_url) as tx:
                await clear_demo(tx, act=make_act())
        case 21:
            await merge_regions(world, migration_url)


async def test_views_of_several_processes_are_what_a_recount_gives_after_anything(
    world: World, migration_url: str
) -> None:
    dice = random.Random(20251217)  # noqa: S311 - a fixed course of events
    processes = [PaceDays(world.api.database.pool) for _ in range(3)]
    factories: list[dict[str, Any]] = []
    instants: list[datetime] = []
    for number in range(36):
        now = FIRST + timedelta(days=number, hours=dice.uniform(1, 13.9))
        await world.live_in(now)
        await do_something_rare(world, migration_url, number)
        for _ in range(dice.randint(0, 4)):
            await random_step(world, factories, dice)
        known_at = (await read_horizon(world.api.database.pool)).known_at
        instants.append(known_at)
        if dice.random() < 0.3:
            await dice.choice(processes).views.renew()
        for days in dice.sample(processes, 2):  # the third one lags behind
            await assert_recounted(world, days, dice.choice(CODES), known_at, day_in_seoul(known_at))
            then = dice.choice(instants)
            before = day_in_seoul(then) - timedelta(days=dice.randint(0, 40))
            await assert_recounted(world, days, dice.choice(CODES), then, before)


@pytest.mark.parametrize("by", list(By))
async def test_parts_kept_up_are_those_counted_anew(world: World, by: By) -> None:
    dice = random.Random(20260101)  # noqa: S311 - as above
    kept, factories = BreakdownAnswers(world.api.database.pool), list[dict[str, Any]]()
    for number in range(12):
        await world.live_in(FIRST + timedelta(days=number, hours=1))
        for _ in range(4):
            await random_step(world, factories, dice)
        book = await world.api.resources.code_lists.regions()
        known_at = (await read_horizon(world.api.database.pool)).known_at
        for code, asked in ((CODES[0], None), (CODES[1], None), (CODES[1], known_at - timedelta(days=number / 2))):
            question = SplitQuestion(code, by, day_in_seoul(asked or known_at), asked)
            anew = await BreakdownAnswers(world.api.database.pool).answer(question, book, pipeline=True)
            assert (await kept.answer(question, book, pipeline=True)).etag == anew.etag


# --- among writers ---


@asynccontextmanager
async def writers(url: str, count: int) -> AsyncIterator[list["asyncpg.Connection[asyncpg.Record]"]]:
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            found.append(await asyncpg.connect(url.replace("+asyncpg", "")))
            stack.push_async_callback(found[-1].close)
        yield found


class Writing:
    """Writers with transactions that they hold open for a while; each record is one's own."""

    def __init__(self, connections: "list[asyncpg.Connection[asyncpg.Record]]", dice: random.Random) -> None:
        self.dice = dice
        self.idle = connections
        self.open: list[tuple[asyncpg.Connection[asyncpg.Record], Any]] = []
        self.records: list[tuple[UUID, int]] = []

    async def step(self) -> None:
        """Write and hold the transaction open, or end one: nobody waits for anybody, or the time is up."""
        async with asyncio.timeout(5):
            if self.idle and (not self.open or self.dice.random() < 0.5):
                await self._write()
            else:
                await self._end(self.open.pop(self.dice.randrange(len(self.open))))

    async def _write(self) -> None:
        connection = self.idle.pop()
        transaction = connection.transaction()
        await transaction.start()
        record_id, version = uuid4(), 1
        if self.records and self.dice.random() < 0.6:
            record_id, version = self.records.pop(self.dice.randrange(len(self.records)))
        status = self.dice.choice(("submitted", "verified", "rejected"))
        days = [date(2026, self.dice.randint(1, 12), self.dice.randint(1, 28)), date(2026, 11, 20)]
        await connection.execute(_NOTE, uuid4(), record_id, version, status, *days)
        self.open.append((connection, (transaction, record_id, version)))

    async def _end(self, held: "tuple[asyncpg.Connection[asyncpg.Record], Any]") -> None:
        connection, (transaction, record_id, version) = held
        if self.dice.random() < 0.8:
            await transaction.commit()
            self.records.append((record_id, version + 1))
        else:
            await transaction.rollback()
        self.idle.append(connection)


_RECOUNT = """
SELECT count(*) FILTER (WHERE status = 'verified') AS value, count(*) FILTER (WHERE status = 'submitted') AS waiting
FROM (SELECT DISTINCT ON (record_id) status, counts_on FROM standing s JOIN change c ON c.id = s.change_id
      WHERE c.at <= $1 ORDER BY record_id, version DESC) AS latest WHERE counts_on BETWEEN '2026-01-01' AND '2026-12-31'
"""


async def test_what_is_committed_is_counted_at_once_and_what_is_held_open_never(
    database: Database, database_url: str
) -> None:
    processes = [TargetViews(database.pool) for _ in range(2)]
    told: list[tuple[datetime, int, int]] = []
    async with writers(database_url, 4) as connections:
        writing = Writing(connections, random.Random(7))  # noqa: S311 - as above
        for _ in range(150):
            await writing.step()
            views = writing.dice.choice(processes)
            horizon = await views.look()
            one = await in_force(database, "factories-2026", horizon.known_at)
            today = day_in_seoul(horizon.known_at)
            async with views.at(one, BOOK, known_at=state_at(horizon), last=today, first=today) as view:
                told.append((horizon.known_at, view.counts.counting.total(), view.counts.submitted.total()))
            assert told[-1][1:] == tuple(await database.pool.fetchrow(_RECOUNT, datetime.max.replace(tzinfo=UTC)))
        for _, (transaction, *_) in writing.open:
            await transaction.rollback()
    assert len({one[1:] for one in told}) > 20, "a dull course of events"
    for known_at, *counts in told:
        assert list(await database.pool.fetchrow(_RECOUNT, known_at)) == counts  # type: ignore[arg-type]  # always a row


# --- when a view is made anew ---


async def note(database: Database, count: int = 1) -> None:
    """Note so many verified factories at once."""
    await database.pool.execute(
        "INSERT INTO standing (change_id, record_type, record_id, version, status, counts_on, registered_on, synthetic)"
        " SELECT $2, 'factory', gen_random_uuid(), 1, 'verified', '2026-03-02', '2026-03-02', false"
        " FROM generate_series(1, $1)",
        count,
        uuid4(),
    )


async def value(database: Database, views: TargetViews) -> int:
    horizon = await views.look()
    one, today = await in_force(database, "factories-2026", horizon.known_at), day_in_seoul(horizon.known_at)
    async with views.at(one, BOOK, known_at=state_at(horizon), last=today, first=today) as view:
        return view.counts.counting.total()


class MadeAnew:
    """Counts how often views are made anew."""

    def __init__(self, views: TargetViews, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        make = views.make

        async def counted(*asked: Any, **named: Any) -> Any:
            self.times += 1
            return await make(*asked, **named)

        monkeypatch.setattr(views, "make", counted)


async def test_register_is_read_once_and_from_then_on_what_has_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = TargetViews(database.pool)
    made = MadeAnew(views, monkeypatch)
    for number in range(1, 5):
        await note(database)
        assert await value(database, views) == number
    assert made.times == 1


@pytest.mark.parametrize("rows_at_once", [1, 2, 3])
async def test_stories_are_read_to_their_ends_however_few_rows_come_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr("service.db.read_models.pace.ROWS_AT_ONCE", rows_at_once)
    record_ids = [uuid4() for _ in range(3)]
    days = [date(2026, 3, 2), date(2026, 3, 2)]
    for record_id, versions in zip(record_ids, (5, 1, 2), strict=True):
        for version in range(1, versions + 1):
            await database.pool.execute(_NOTE, uuid4(), record_id, version, "verified", *days)
    assert await value(database, TargetViews(database.pool)) == 3


async def test_after_too_many_changes_it_is_read_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    views = TargetViews(database.pool)
    made = MadeAnew(views, monkeypatch)
    assert await value(database, views) == 0
    await note(database, CHANGES_AT_MOST + 1)
    assert await value(database, views) == CHANGES_AT_MOST + 1
    assert made.times == 2


async def test_clock_that_steps_back_hides_nothing(
    database: Database, migration_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = TargetViews(database.pool)
    made = MadeAnew(views, monkeypatch)
    await note(database)
    assert await value(database, views) == 1
    async with writers(migration_url, 1) as (owner,):
        await set_stamps(owner, datetime.now(UTC) - timedelta(hours=1))  # noqa: TID251 - the machine's, less an hour
        await note(database)
        assert await value(database, views) == 1, "what was stamped before has not happened yet"
        await set_stamps(owner, datetime.now(UTC) + timedelta(seconds=1))  # noqa: TID251 - as above
    assert await value(database, views) == 2
    assert made.times == 2


async def test_who_fails_with_a_view_leaves_it_to_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    views = TargetViews(database.pool)
    made = MadeAnew(views, monkeypatch)
    await note(database)
    horizon = await views.look()
    one, today = await in_force(database, "factories-2026", horizon.known_at), day_in_seoul(horizon.known_at)

    async def fail() -> None:
        async with views.at(one, BOOK, known_at=state_at(horizon), last=today, first=today) as view:
            view.counts.counting.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await value(database, views) == 1
    assert made.times == 2


async def test_views_are_renewed_and_a_wrong_one_is_told(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    views = TargetViews(database.pool)
    await note(database)
    assert await value(database, views) == 1
    await views.renew()
    assert not caplog.records
    ((_, kept),) = views._kept.items()
    kept.views[0].counts.counting.clear()
    await views.renew()
    assert await value(database, views) == 1
    assert "kept_view_was_wrong" in caplog.text


async def test_no_more_targets_are_kept_than_their_share(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.usecases.target_views.KEPT_AT_MOST", 2)
    views = TargetViews(database.pool)
    horizon = await views.look()
    today = day_in_seoul(horizon.known_at)
    for one in await read_targets_in_force(database.pool, None, horizon.known_at):
        async with views.at(one, BOOK, known_at=state_at(horizon), last=today, first=today):
            pass
    assert [key.code for key in views._kept] == ["factories-2030", "models-2030"]


async def test_who_asks_together_waits_for_one_reading(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    views = TargetViews(database.pool)
    made = MadeAnew(views, monkeypatch)
    await note(database, 3)
    assert await asyncio.gather(*(value(database, views) for _ in range(20))) == [3] * 20
    assert made.times == 1
