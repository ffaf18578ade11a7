"""Any sequence of registrations, amendments and actions against a model of the rules a page long."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import factory_body
from tests.api.conftest import Api, Caller
from tests.api.lifecycle_table import TABLE, expected

TODAY = date(2026, 11, 25)
COUNTING = {"region", "industry", "project_type", "adoption_date"}
VALUES: dict[str, tuple[Any, ...]] = {
    "region": ("41", "26", "12"),
    "industry": ("26110", "30"),
    "project_type": (None, "mini"),
    "adoption_date": ("2026-03-02", "2026-10-31", "2026-11-25", "2026-11-26"),
    "name": ("가 공장", "나 공장"),
    "notes": (None, "메모"),
    "contact_name": (None, "김가상"),
}
WHO = ("owner", "ministry", "stranger")
PATCHES = st.sampled_from([(name, value) for name, values in VALUES.items() for value in values])
STEPS = st.one_of(
    st.tuples(st.just("register"), st.sampled_from(VALUES["adoption_date"])),
    st.tuples(st.just("amend"), st.sampled_from(WHO), st.integers(0, 2), PATCHES),
    st.tuples(st.just("act"), st.sampled_from(WHO), st.integers(0, 2), st.sampled_from(sorted(TABLE))),
    st.tuples(st.just("act"), st.just("ministry"), st.integers(0, 2), st.sampled_from(["verify", "retire", "reopen"])),
)


@dataclass
class Known:
    """What the model knows of one factory."""

    at: str
    fields: dict[str, Any]
    status: str = "submitted"
    version: int = 1
    retired_on: str | None = None

    @property
    def is_ahead(self) -> bool:
        return date.fromisoformat(self.fields["adoption_date"]) > TODAY

    @property
    def counts(self) -> bool:
        return self.status in ("verified", "retired")

    def amend(self, who: str, name: str, value: Any) -> int:
        """Apply an amendment and return the status code of the answer."""
        if who == "stranger":
            return 403 if self.counts else 404
        if name == "adoption_date" and self.retired_on and value > self.retired_on:
            return 422
        if self.fields[name] == value:
            return 200
        if self.counts and name in COUNTING:
            if who == "owner":
                self.status, self.retired_on = "submitted", None
            elif name == "adoption_date" and date.fromisoformat(value) > TODAY:
                return 409
        self.fields[name] = value
        self.version += 1
        return 200

    def act(self, who: str, action: str) -> int:
        """Apply an action and return the status code of the answer."""
        code, result = expected(self.status, action, who)
        if action == "retire" and code in (200, 409) and self.fields["adoption_date"] > "2026-10-31":
            return 422
        if code != 200:
            return code
        if action == "verify" and self.is_ahead:
            return 409
        self.status = result
        self.retired_on = "2026-10-31" if action == "retire" else None
        self.version += 1
        return 200


@dataclass
class Walk:
    """One sequence of steps by callers of its own."""

    api: Api
    callers: dict[str, Caller]
    known: list[Known] = field(default_factory=list)

    async def take(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("register", day) if len(self.known) < 3:
                await self._register(day)
            case ("amend", who, place, (name, value)) if place < len(self.known):
                record = self.known[place]
                answer = await self.callers[who].patch(record.at, {name: value}, if_match="*")
                await self._compare(record, answer, record.amend(who, name, value))
            case ("act", who, place, action) if place < len(self.known):
                record = self.known[place]
                answer = await self.callers[who].post(f"{record.at}/{action}", RIGHT_ACTIONS[action])
                await self._compare(record, answer, record.act(who, action))

    async def _register(self, day: str) -> None:
        given = {name: values[0] for name, values in VALUES.items()} | {"adoption_date": day}
        answer = await self.callers["owner"].post("/v1/factories?allow_similar=true", factory_body(**given))
        assert answer.status_code == 201
        self.known.append(Known(answer.headers["location"], given))

    async def _compare(self, record: Known, answer: httpx.Response, status_code: int) -> None:
        assert answer.status_code == status_code, answer.text
        found = (await self.callers["owner"].get(record.at)).json()
        assert (found["status"], found["version"], found["retired_on"]) == (
            record.status,
            record.version,
            record.retired_on,
        )
        shown = found | {"region": found["region"]["code"], "industry": found["industry"]["code"]}
        assert {name: shown[name] for name in record.fields} == record.fields

    async def check_end(self) -> None:
        """Hold lists, history and standings to the model."""
        owner, pool = self.callers["owner"], self.api.database.pool
        for status in ("submitted", "verified", "rejected", "withdrawn", "retired"):
            answer = await owner.get(f"/v1/factories?status={status}&organization={owner.organization_id}")
            ids = {f"/v1/factories/{item['id']}" for item in answer.json()["items"]}
            assert ids == {record.at for record in self.known if record.status == status}
        counted = await pool.fetch(
            "SELECT DISTINCT ON (record_id) s.status, s.counts_on, s.region, s.industry, s.project_type"
            " FROM standing s JOIN factory f ON f.id = s.record_id WHERE f.organization_id = $1"
            " ORDER BY record_id, s.version DESC",
            owner.organization_id,
        )
        assert [tuple(row) for row in counted] == [
            (
                record.status,
                date.fromisoformat(record.fields["adoption_date"]),
                *(record.fields[name] for name in ("region", "industry", "project_type")),
            )
            for record in sorted(self.known, key=lambda record: record.at)
        ]
        for record in self.known:
            history = (await owner.get(f"{record.at}/history?limit=200")).json()["items"]
            assert len(history) == record.version


@pytest_asyncio.fixture(scope="module")
async def stranger(shared_api: Api) -> Caller:
    return await shared_api.caller("partner")


@pytest_asyncio.fixture(scope="module")
async def ministry(shared_api: Api) -> Caller:
    return await shared_api.caller("ministry")


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(steps=st.lists(STEPS, min_size=5, max_size=25))
async def test_register_follows_the_rules_whatever_is_done(
    shared_api: Api, stranger: Caller, ministry: Caller, steps: list[tuple[Any, ...]]
) -> None:
    owner = await shared_api.caller("company")
    walk = Walk(shared_api, {"owner": owner, "ministry": ministry, "stranger": stranger})
    for step in [("register", "2026-03-02"), *steps]:
        await walk.take(step)
    await walk.check_end()
