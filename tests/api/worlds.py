"""The application in a time of its own: the service's clock and the stamps of changes agree, and go on as told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from tests.api.builders import verified_factory
from tests.api.conftest import Api, Caller, running_app
from tests.clocks import FakeClock


@dataclass
class World:
    """The application with somebody of the ministry and somebody of a company in it."""

    api: Api
    ministry: Caller
    company: Caller
    owner: "asyncpg.Connection[asyncpg.Record]"

    async def progress(self, code: str = "factories-2026", query: str = "") -> dict[str, Any]:
        answer = await self.api.anonymous.get(f"/v1/progress/{code}{query}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def built(self, *days: str, **changes: Any) -> list[dict[str, Any]]:
        """Register and verify a factory for each day."""
        return [await verified_factory(self.company, self.ministry, adoption_date=day, **changes) for day in days]

    async def live_in(self, now: datetime) -> None:
        """Let the service and its stamps live at this time; only ever forwards."""
        self.api.clock.now = now
        await set_stamps(self.owner, now)


async def set_stamps(owner: "asyncpg.Connection[asyncpg.Record]", now: datetime) -> None:
    """Let the registry's clock for stamps go on from `now`."""
    ahead = now - datetime.now(UTC)  # noqa: TID251 - how far the test's time is from the machine's
    await owner.execute(
        "CREATE OR REPLACE FUNCTION registry_clock() RETURNS timestamptz LANGUAGE sql VOLATILE"
        f" AS $$ SELECT clock_timestamp() + interval '{ahead.total_seconds()} seconds' $$"
    )


@asynccontextmanager
async def living_in(now: datetime, *, database_url: str, migration_url: str) -> AsyncIterator[World]:
    """Run the application over a fresh database from `now` on: before it starts, for it stores days that have ended."""
    owner = await asyncpg.connect(migration_url.replace("+asyncpg", ""))
    await set_stamps(owner, now)
    async with running_app(database_url, FakeClock(now)) as api:
        yield World(api, await api.caller("ministry"), await api.caller("company"), owner)
    await owner.close()
