"""Ten thousand operations lived through: what is stored of each day is what a full replay from the start gives."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any
from uuid import UUID

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Role
from service.core.access import Caller as Person
from service.core.errors import Refusal
from service.core.factories import KIND
from service.core.ledger import Course, Ledger, shifts
from service.core.lifecycle import Action, Status
from service.core.pace import DayPace, Pace, assess_ledger, days_after
from service.core.record_lives import Stood, life_of
from service.core.records import Record, day_in_seoul
from service.core.targets import target_from
from service.db.repositories.records import lock_record
from service.usecases.amendment import amend_record
from service.usecases.lifecycle import move_record
from service.usecases.pace_watch import catch_up
from service.usecases.registration import register
from tests.api.builders import factory_body
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in
from tests.core.registers import judged_from_scratch, lives_on

FIRST = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
"""Ten in the morning in Seoul, on the first day of the window."""
WINDOW = {"counts_from": "2026-01-01", "starts_on": "2026-03-01", "due_on": "2026-06-30"}
OPERATIONS, LIVED_DAYS = 10_000, 130
"""The window ends some days before they do."""

_NOTED = """
SELECT s.record_id, s.status, s.counts_on, s.registered_on, s.region, left(s.industry, 2) AS division,
  s.project_type, s.model_kind, (c.at AT TIME ZONE 'Asia/Seoul')::date AS known_on
FROM standing s JOIN change c ON c.id = s.change_id
WHERE s.record_type = 'factory' ORDER BY s.record_id, s.version
"""


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> Any:
    async with living_in(FIRST, database_url=database_url, migration_url=migration_url) as living:
        await set_target(living.ministry, code="spring", goal=800, **WINDOW)
        await set_target(living.ministry, code="gyeonggi", goal=330, filter={"regions": ["경기"]}, **WINDOW)
        yield living


@dataclass
class Bustle:
    """Whatever may happen to factories, by the use cases that the routes call; the dice say what."""

    world: World
    dice: random.Random
    factories: list[UUID] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    async def a_day(self, today: date) -> None:
        """Register some, then change some: of these, each sitting's in one transaction."""
        registered = self.dice.randint(30, 50)
        for _ in range(registered):
            await self._register(today)
        rest = ceil(OPERATIONS / LIVED_DAYS) - registered
        while rest > 0:
            sitting = min(rest, self.dice.randint(1, 25))
            async with self.world.api.database.session() as tx:
                for _ in range(sitting):
                    await self._change(tx, today)
            rest -= sitting

    async def bring_in(self, today: date) -> None:
        """Register, as the ministry may, what was known before."""
        earlier = max(date(2026, 2, 1), today - timedelta(days=self.dice.randint(1, 100)))
        await self._register(today, by=self._staff(), registered_on=earlier.isoformat())

    async def _register(self, today: date, *, by: Person | None = None, **facts: str) -> None:
        body = factory_body(
            organization_id=str(self.world.company.organization_id),
            adoption_date=self._date(today),
            region=self.dice.choice(("경기", "서울")),
            **facts,
        )
        book = await self.world.api.resources.code_lists.regions()
        async with self.world.api.database.pool.acquire() as hot:
            made = await register(hot, KIND, body, act=self._act(by or self._owner()), book=book, allow_similar=True)
        self.factories.append(UUID(made.location.rsplit("/", 1)[1]))
        self.done["registered"] += 1

    async def _change(self, tx: AsyncSession, today: date) -> None:
        """Move a factory on or amend it; what is refused leaves nothing."""
        record = await lock_record(tx, KIND, self.dice.choice(self.factories))
        assert record is not None
        what, facts = self._choice(record, today)
        by = self._staff() if self.dice.random() < 0.7 else self._owner()
        book = await self.world.api.resources.code_lists.regions()
        try:
            if isinstance(what, Action):
                await move_record(tx, KIND, record, what, facts, act=self._act(by), book=book)
            else:
                await amend_record(tx, KIND, record, facts, act=self._act(by), book=book)
        except Refusal:
            self.done["refused"] += 1
        else:
            self.done[what] += 1

    def _choice(self, record: Record, today: date) -> tuple[str, dict[str, Any]]:
        """Return what is to happen to a record: mostly what happens to one like it, sometimes anything at all."""
        likely = "verify" if record.status is Status.SUBMITTED and record.counts_on <= today else "move"
        odds = {"move": 2, "region": 1, "reject": 1, "resubmit": 1, "withdraw": 1, "retire": 1, "reopen": 1, likely: 12}
        (what,) = self.dice.choices(list(odds), list(odds.values()))
        match what:
            case "move":
                return what, {"adoption_date": self._date(today)}
            case "region":
                return what, {"region": self.dice.choice(("경기", "서울"))}
            case "retire":
                return Action.RETIRE, {"retired_on": today}
            case "reject":
                return Action.REJECT, {"reason_code": "other", "reason": "x"}
            case _:
                return Action(what), {"reason": "x"}

    def _date(self, today: date) -> str:
        return (today + timedelta(days=self.dice.randint(-30, 90))).isoformat()

    def _act(self, by: Person) -> Act:
        return Act(by, self.world.api.clock())

    def _staff(self) -> Person:
        return Person(Role.MINISTRY, self.world.ministry.organization_id, self.world.ministry.key_id)

    def _owner(self) -> Person:
        return Person(Role.COMPANY, self.world.company.organization_id, self.world.company.key_id)


async def live_through(world: World, bustle: Bustle) -> None:
    """Live day by day, with a revision, a record brought in and a look at pace now and then."""
    for number in range(LIVED_DAYS):
        now = FIRST + timedelta(days=number, hours=1 + bustle.dice.uniform(0, 12))
        await world.live_in(now)
        await bustle.a_day(day_in_seoul(now))
        if number % 40 == 25:
            patch = {"goal": bustle.dice.randint(500, 700), "reason": "x"}
            await world.ministry.patch("/v1/targets/spring", patch, if_match="*")
        if number % 40 == 35:
            await bustle.bring_in(day_in_seoul(now))
        if bustle.dice.random() < 0.15:
            await catch_up(world.api.database.pool, await world.api.resources.code_lists.regions())


async def stored_days(world: World, code: str) -> list[DayPace]:
    """Return the days as they are stored under the newest reading of the newest revision."""
    rows = await world.owner.fetch(
        "SELECT day, value, probability, pace, since, low_days, lagging_days FROM pace_day"
        " WHERE (code, target_version, reading) IN (SELECT code, target_version, reading FROM pace_day WHERE code = $1"
        "  ORDER BY target_version DESC, reading DESC LIMIT 1) ORDER BY day",
        code,
    )
    return [DayPace(**{**row, "pace": Pace(row["pace"])}) for row in rows]


async def noted(world: World) -> dict[UUID, list[Stood]]:
    """Return all that was ever noted of every factory."""
    found: dict[UUID, list[Stood]] = {}
    for row in await world.owner.fetch(_NOTED):
        facts = dict(row)
        found.setdefault(facts.pop("record_id"), []).append(Stood(**{**facts, "status": Status(facts["status"])}))
    return found


async def test_stored_days_are_those_of_a_full_replay_after_ten_thousand_operations(world: World) -> None:
    bustle = Bustle(world, random.Random(20251217))  # noqa: S311 - a fixed course of events
    await live_through(world, bustle)
    await catch_up(world.api.database.pool, await world.api.resources.code_lists.regions())
    today = day_in_seoul(world.api.clock.now)
    stoods, seen = await noted(world), set[Pace]()
    assert bustle.done.total() >= OPERATIONS
    for code in ("spring", "gyeonggi"):
        target = target_from((await world.ministry.get(f"/v1/targets/{code}")).json())
        lives = ((life_of(of_record, target), 1) for of_record in stoods.values())
        course, records_on = Course(Ledger(target), shifts(lives)), lives_on(stoods, target)
        days = list(days_after(target, course.ledger_on, None, today - timedelta(days=1)))
        assert await stored_days(world, code) == days
        for eve, day in list(pairwise(days))[::12]:  # and by a walk through all records
            assert judged_from_scratch(target, records_on(day.day), day.day, eve) == day
        found, told = assess_ledger(target, course.ledger_on(today), today, days[-1]), await world.progress(code)
        assert (told["value"], told["waiting"], told["pace"]) == (found.value, found.waiting, found.pace)
        seen |= {day.pace for day in days}
    assert seen >= {Pace.ON_TRACK, Pace.AT_RISK, Pace.MET}, "the course of events was a dull one"
    assert len(bustle.done) == 10, "everything happened, and something was refused"
