"""Two hundred callers at once for half a minute: nothing but success and 429, nothing lost, nothing doubled."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.db.engine import Database
from tests.serving import Keys, make_keys, on_database, serving

CALLERS = 200
SECONDS = 30
COMPANIES = 20
# The one in ten who gets 429 waits a little, as a client should; the figure is no measurement.
PAUSE_SECONDS = 0.2


@dataclass
class Tally:
    """What the callers saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    made: dict[str, tuple[str, Keys]] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)


class Caller:
    """One of the two hundred."""

    def __init__(self, client: httpx.AsyncClient, tally: Tally, own: Keys, ministry: Keys, number: int) -> None:
        self.client, self.tally, self.own, self.ministry = client, tally, own, ministry
        self.number = number
        self.random = random.Random(number)  # noqa: S311 - which call comes next is no secret
        self.count = 0

    async def call(self, method: str, path: str, keys: Keys, body: Any = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {keys.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        answer = await self.client.request(method, path, json=body, headers=given)
        self.tally.statuses[answer.status_code] += 1
        if answer.status_code == 429:
            await asyncio.sleep(PAUSE_SECONDS)
        return answer

    async def write(self) -> None:
        self.count += 1
        reference = f"{self.number}-{self.count}"
        body = {
            "name": f"가상공장 {reference}",
            "region": self.random.choice(["경기", "부산", "광주", "KR-31"]),
            "industry": self.random.choice(["26", "C30", "28202"]),
            "adoption_date": self.random.choice(["2025-12-01", "2026-02-03", "2026-10-31", "2027-01-01"]),
            "external_ref": reference,
        }
        answer = await self.call("POST", "/v1/factories", self.own, body, idempotency_key=reference)
        if answer.status_code != 201:
            return
        again = await self.call("POST", "/v1/factories", self.own, body, idempotency_key=reference)
        made = answer.json()
        self.tally.made[reference] = (made["id"], self.own)
        self.tally.versions[made["id"]] = 1
        if again.status_code == 201:
            assert again.json() == made
        await self.change(made)

    async def change(self, made: dict[str, Any]) -> None:
        path = f"/v1/factories/{made['id']}"
        steps: list[tuple[str, str, Keys, Any]] = [("PATCH", path, self.own, {"notes": "고침"})]
        if made["adoption_date"] < "2026-11":
            steps.append(("POST", f"{path}/verify", self.ministry, None))
            if self.random.random() < 0.3:
                steps.append(("POST", f"{path}/withdraw", self.own, {"reason": "중복"}))
        for method, where, keys, body in steps:
            answer = await self.call(method, where, keys, body, if_match=f'"{self.tally.versions[made["id"]]}"')
            if answer.status_code != 200:
                return
            self.tally.versions[made["id"]] = answer.json()["version"]

    async def read(self) -> None:
        path = self.random.choice(
            [
                "/v1/factories?limit=20",
                "/v1/factories?q=가상&sort=name",
                "/v1/factories?region=12&status=verified",
                "/v1/progress",
                "/v1/progress/factories-2026",
                "/v1/me",
                "/v1/audit?limit=20",
            ]
        )
        await self.call("GET", path, self.ministry if "audit" in path else self.own)


async def _keep_calling(work: Callable[[], Awaitable[None]], until: float) -> None:
    while time.monotonic() < until:
        await work()


@pytest.mark.timeout(150)
async def test_two_hundred_callers_lose_and_double_nothing(database: Database, database_url: str) -> None:
    ministry = await make_keys(database, "ministry")
    companies = [await make_keys(database, "company") for _ in range(COMPANIES)]
    tally = Tally()
    limits = httpx.Limits(max_connections=CALLERS)
    async with (
        serving(**on_database(database_url)) as served,
        httpx.AsyncClient(base_url=served.url, limits=limits, timeout=60) as client,
    ):
        callers = [Caller(client, tally, companies[n % COMPANIES], ministry, n) for n in range(CALLERS)]
        until = time.monotonic() + SECONDS
        works = [caller.write if caller.number % 2 else caller.read for caller in callers]
        await asyncio.gather(*(_keep_calling(work, until) for work in works))
        progress = (await client.get("/v1/progress/factories-2026")).json()
    assert set(tally.statuses) <= {200, 201, 429}
    assert tally.statuses[201] > CALLERS
    await _nothing_is_lost_or_doubled(database, tally)
    assert progress["value"] == await database.pool.fetchval(
        "SELECT count(*) FROM factory WHERE status IN ('verified', 'retired')"
        " AND adoption_date BETWEEN '2026-01-01' AND $1",
        date.fromisoformat(progress["as_of"]),
    )


async def _nothing_is_lost_or_doubled(database: Database, tally: Tally) -> None:
    rows = await database.pool.fetch(
        "SELECT external_ref, id, version,"
        " (SELECT count(*) FROM audit_entry a WHERE a.record_id = f.id::text) AS entries,"
        " (SELECT status FROM standing s WHERE s.record_id = f.id ORDER BY version DESC LIMIT 1) = f.status AS stands"
        " FROM factory f"
    )
    assert {row["external_ref"]: row["id"] for row in rows} == {
        reference: UUID(made) for reference, (made, _) in tally.made.items()
    }
    assert len(rows) == len(tally.made)
    assert {str(row["id"]): row["version"] for row in rows} == tally.versions
    assert all(row["entries"] == row["version"] for row in rows)
    assert all(row["stands"] for row in rows)
