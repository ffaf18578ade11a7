"""Who is told of what: every type of event, told by webhook and in the feed, to everyone's organization.

Written down a second time, from PRODUCT.md section 6, "Who sees what": an event about a record goes to everyone when
the record was verified or retired before or after the change; otherwise, and a rejection, to its organization and the
ministry.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from service.core.events import Audience, EventType
from tests.api.builders import factory_body, make_endpoint, model_body
from tests.api.conftest import Api, Caller, running_app
from tests.clocks import FakeClock
from tests.conftest import Server
from tests.events import add, make_event, settled

WHO = ("owner", "other_company", "partner", "ministry", "operator")
EVERYONE = set(WHO)
OWN = {"owner", "ministry", "operator"}
"""The owner's organization and the ministry; an operator counts as ministry."""


class Told(NamedTuple):
    """One kind of change of a record: the way to the state before, the change, its event, and who is told."""

    way: tuple[str, ...]
    change: str
    event: str
    after: str
    seen_by: set[str]


# The way leads through the lifecycle; `amend` is a change of the name, `move` of what counts.
TABLE = [
    Told((), "register", "registered", "submitted", OWN),
    Told((), "amend", "updated", "submitted", OWN),
    Told(("verify",), "amend", "updated", "verified", EVERYONE),
    Told(("verify",), "move", "updated", "submitted", EVERYONE),
    Told(("reject",), "amend", "updated", "rejected", OWN),
    Told(("withdraw",), "amend", "updated", "withdrawn", OWN),
    Told(("verify", "retire"), "amend", "updated", "retired", EVERYONE),
    Told((), "verify", "verified", "verified", EVERYONE),
    Told((), "reject", "rejected", "rejected", OWN),
    Told(("reject",), "resubmit", "resubmitted", "submitted", OWN),
    Told((), "withdraw", "withdrawn", "withdrawn", OWN),
    Told(("verify",), "withdraw", "withdrawn", "withdrawn", EVERYONE),
    Told(("verify",), "retire", "retired", "retired", EVERYONE),
    Told(("verify",), "reopen", "reopened", "submitted", EVERYONE),
    Told(("verify", "retire"), "reopen", "reopened", "submitted", EVERYONE),
    Told(("reject",), "reopen", "reopened", "submitted", OWN),
    Told(("withdraw",), "reopen", "reopened", "submitted", OWN),
    Told(("verify", "withdraw"), "reopen", "reopened", "submitted", OWN),
]
BODIES = {
    "reject": {"reason_code": "other", "reason": "자료가 부족합니다."},
    "withdraw": {"reason": "잘못 등록했습니다."},
    "retire": {"retired_on": "2026-10-31"},
    "reopen": {"reason": "잘못을 바로잡습니다."},
}
AMENDED = {"name_en": "Another name"}
MOVED: dict[str, dict[str, Any]] = {
    "factories": {"region": "부산"},
    "foundation-models": {"released_on": "2026-03-03"},
}


@dataclass
class Scene:
    """Everyone with an endpoint that is told all it may be told."""

    api: Api
    callers: dict[str, Caller]
    endpoints: dict[str, dict[str, Any]]

    async def told(self, subject: str, type_: str) -> tuple[set[str], set[str]]:
        """Return who was sent the last event about a subject, and in whose feed it stands."""
        rows = await self.api.database.pool.fetch(
            "SELECT d.endpoint_id::text, e.type, e.id FROM event e LEFT JOIN webhook_delivery d ON d.event_id = e.id"
            " WHERE e.subject = $1 AND e.sequence = (SELECT max(sequence) FROM event WHERE subject = $1)",
            subject,
        )
        assert {row["type"] for row in rows} == {type_}
        endpoints = [row["endpoint_id"] for row in rows]
        assert len(endpoints) == len(set(endpoints)), "one delivery for each endpoint"
        sent = {who for who, endpoint in self.endpoints.items() if endpoint["id"] in endpoints}
        return sent, await self._reading(f"evt_{rows[0]['id'].hex}")

    async def _reading(self, event_id: str) -> set[str]:
        await settled(self.api.database)
        return {who for who in WHO if event_id in await self._feed(self.callers[who])}

    async def _feed(self, caller: Caller) -> set[str]:
        seen: set[str] = set()
        path = "/v1/events?limit=200"
        while path:
            answer = await caller.get(path)
            items = answer.json()["items"]
            seen |= {item["id"] for item in items}
            path = answer.links["next"]["url"] if items and "next" in answer.links else ""
        return seen


@pytest_asyncio.fixture(scope="module")
async def scene(server: Server) -> AsyncIterator[Scene]:
    name = await server.make()
    async with running_app(server.url(name), FakeClock()) as api:
        roles = dict(zip(WHO, ("company", "company", "partner", "ministry", "operator"), strict=True))
        callers = {who: await api.caller(role) for who, role in roles.items()}
        yield Scene(api, callers, {who: await make_endpoint(caller) for who, caller in callers.items()})
    await server.drop(name)


async def make_record(scene: Scene, resource: str) -> dict[str, Any]:
    body = factory_body() if resource == "factories" else model_body()
    path = {"factories": "/v1/factories?allow_similar=true"}.get(resource, f"/v1/{resource}")
    answer = await scene.callers["owner"].post(path, body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def change(scene: Scene, resource: str, record: dict[str, Any], name: str) -> dict[str, Any]:
    """Make one change of a record: by its owner if that is a patch, else by the ministry, who may make every call."""
    path = f"/v1/{resource}/{record['id']}"
    if name in ("amend", "move"):
        patch = AMENDED if name == "amend" else MOVED[resource]
        answer = await scene.callers["owner"].patch(path, patch, if_match="*")
    else:
        answer = await scene.callers["ministry"].post(f"{path}/{name}", BODIES.get(name, {}))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("resource", ["factories", "foundation-models"])
@pytest.mark.parametrize("told", TABLE, ids=lambda told: f"{'-'.join(told.way) or 'new'}-{told.change}")
async def test_event_about_a_record_is_told_to(scene: Scene, resource: str, told: Told) -> None:
    record = await make_record(scene, resource)
    for name in told.way:
        record = await change(scene, resource, record, name)
    if told.change != "register":
        record = await change(scene, resource, record, told.change)
    assert record["status"] == told.after
    type_ = {"factories": "factory", "foundation-models": "foundation_model"}[resource]
    assert await scene.told(f"{resource}/{record['id']}", f"{type_}.{told.event}") == (told.seen_by, told.seen_by)


def test_table_has_every_event_about_a_record() -> None:
    named = {f"{kind}.{told.event}" for told in TABLE for kind in ("factory", "foundation_model")}
    assert named == {type_ for type_ in EventType if type_.startswith(("factory.", "foundation_model."))}


async def make_target(scene: Scene, code: str) -> dict[str, Any]:
    body = {"code": code, "name_ko": "목표", "name_en": "Target", "metric": "factories", "goal": 10}
    body |= {"starts_on": "2026-01-01", "due_on": "2026-12-31"}
    answer = await scene.callers["ministry"].post("/v1/targets", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_events_about_a_target_are_told_to_everyone(scene: Scene) -> None:
    ministry = scene.callers["ministry"]
    told = []
    await make_target(scene, "seen-by-all")
    told.append(await scene.told("targets/seen-by-all", "target.created"))
    await ministry.patch("/v1/targets/seen-by-all", {"goal": 11, "reason": "계획 변경"}, if_match='"1"')
    told.append(await scene.told("targets/seen-by-all", "target.revised"))
    await ministry.post("/v1/targets/seen-by-all/close", {})
    told.append(await scene.told("targets/seen-by-all", "target.closed"))
    assert told == [(EVERYONE, EVERYONE)] * 3


async def test_ping_is_told_to_its_endpoint_alone_and_stands_in_no_feed(scene: Scene) -> None:
    endpoint = scene.endpoints["partner"]
    await scene.callers["partner"].post(f"/v1/webhook-endpoints/{endpoint['id']}/ping")
    assert await scene.told(f"webhook-endpoints/{endpoint['id']}", "webhook.ping") == ({"partner"}, set())


# What no call of the API makes: the audience that its writer gives it, told to whom.
OTHERS = [
    *((type_, Audience.EVERYONE, EVERYONE) for type_ in EventType if type_.startswith("pace.")),
    (EventType.TARGET_MET, Audience.EVERYONE, EVERYONE),
    (EventType.TARGET_MISSED, Audience.EVERYONE, EVERYONE),
    (EventType.IMPORT_COMPLETED, Audience.ORGANIZATION, OWN),
    (EventType.WEBHOOK_ENDPOINT_DISABLED, Audience.ORGANIZATION, OWN),
]


@pytest.mark.parametrize(("type_", "audience", "seen_by"), OTHERS, ids=[one[0].value for one in OTHERS])
async def test_event_of_an_audience_is_told_to(
    scene: Scene, type_: EventType, audience: Audience, seen_by: set[str]
) -> None:
    owner = scene.callers["owner"].organization_id
    event = make_event(scene.api.clock(), type=type_, audience=audience, organization_id=owner)
    await add(scene.api.database, event)
    assert await scene.told(event.subject, type_) == (seen_by, seen_by)


def test_every_type_of_event_is_in_one_of_the_tables() -> None:
    by_record = {type_ for type_ in EventType if type_.startswith(("factory.", "foundation_model."))}
    by_call = {EventType.TARGET_CREATED, EventType.TARGET_REVISED, EventType.TARGET_CLOSED, EventType.WEBHOOK_PING}
    assert by_record | by_call | {type_ for type_, _, _ in OTHERS} == set(EventType)
