"""`GET /v1/events`: places, what follows on them, and who sees which events."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from service.core.events import Audience
from service.core.retention import KEPT_FOR
from service.usecases import event_feed
from tests.api.builders import register_factory, verified_factory
from tests.api.conftest import Api, Caller
from tests.events import add, make_event, settled


async def read(api: Api, caller: Caller, query: str = "") -> dict[str, Any]:
    await settled(api.database)
    answer = await caller.get(f"/v1/events{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def read_from(api: Api, caller: Caller, cursor: str, query: str = "") -> dict[str, Any]:
    return await read(api, caller, f"?after={quote(cursor)}{query}")


def types(page: dict[str, Any]) -> list[str]:
    return [item["type"] for item in page["items"]]


async def test_documents_are_those_that_are_sent_byte_for_byte(api: Api) -> None:
    partner = await api.caller("partner")
    documents = await add(api.database, make_event(api.clock()), make_event(api.clock()))
    await settled(api.database)
    answer = await partner.get("/v1/events")
    assert answer.text.startswith(f'{{"items":[{documents[0]},{documents[1]}],"next":"')


async def test_changes_of_a_record_come_in_their_order(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    factory = await verified_factory(company, ministry)
    page = await read(api, company)
    assert types(page) == ["factory.registered", "factory.verified"]
    assert [item["sequence"] for item in page["items"]] == ["0000000001", "0000000002"]
    assert {item["subject"] for item in page["items"]} == {f"factories/{factory['id']}"}


async def test_next_leads_on_from_an_end_and_is_never_null(api: Api) -> None:
    company = await api.caller("company")
    empty = await read(api, company)
    await register_factory(company)
    page = await read_from(api, company, empty["next"])
    assert empty["items"] == []
    assert types(page) == ["factory.registered"]
    assert (await read_from(api, company, page["next"]))["items"] == []


async def test_pages_join_without_loss_or_repetition(api: Api) -> None:
    partner = await api.caller("partner")
    documents = await add(api.database, *(make_event(api.clock()) for _ in range(7)))
    seen: list[str] = []
    path = "/v1/events?limit=3"
    await settled(api.database)
    for _ in range(3):
        answer = await partner.get(path)
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.headers["Link"].partition("<")[2].partition(">")[0]
    assert seen == [json.loads(document)["id"] for document in documents]


async def test_now_is_the_end(api: Api) -> None:
    company = await api.caller("company")
    await register_factory(company)
    end = await read(api, company, "?after=now")
    await register_factory(company)
    assert end["items"] == []
    assert types(await read_from(api, company, end["next"])) == ["factory.registered"]


async def test_types_narrow_the_feed_and_its_places_are_the_same(api: Api) -> None:
    company, ministry = await api.caller("company"), await api.caller("ministry")
    await verified_factory(company, ministry)
    narrow = await read(api, company, "?types=factory.verified,factory.retired&limit=1")
    assert types(narrow) == ["factory.verified"]
    assert (await read_from(api, company, narrow["next"]))["items"] == []


@pytest.mark.parametrize(
    ("audience", "seen_by"),
    [
        (Audience.EVERYONE, {"owner", "other", "partner", "ministry", "operator"}),
        (Audience.ORGANIZATION, {"owner", "ministry", "operator"}),
        (Audience.ENDPOINT, set()),
    ],
)
async def test_event_is_seen_by_those_it_is_for(api: Api, audience: Audience, seen_by: set[str]) -> None:
    callers = {
        "owner": await api.caller("company"),
        "other": await api.caller("company"),
        "partner": await api.caller("partner"),
        "ministry": await api.caller("ministry"),
        "operator": await api.caller("operator"),
    }
    await add(
        api.database,
        make_event(api.clock(), audience=audience, organization_id=callers["owner"].organization_id),
    )
    assert {who for who, caller in callers.items() if (await read(api, caller))["items"]} == seen_by


async def test_next_moves_on_over_what_is_not_for_the_caller(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_feed, "SCANNED_MOST", 4)
    monkeypatch.setattr(event_feed, "SCANNED_AT_ONCE", 2)
    owner, other = await api.caller("company"), await api.caller("company")
    hidden = {"audience": Audience.ORGANIZATION, "organization_id": owner.organization_id}
    await add(api.database, *(make_event(api.clock(), **hidden) for _ in range(5)), make_event(api.clock()))
    first = await read(api, other)
    second = await read_from(api, other, first["next"])
    assert first["items"] == []
    assert types(second) == ["factory.verified"]


async def test_place_whose_followers_may_be_gone_is_refused_and_one_kept_is_not(api: Api) -> None:
    partner = await api.caller("partner")
    cursor = (await read(api, partner))["next"]
    api.clock.now += KEPT_FOR - timedelta(minutes=1)
    assert (await partner.get(f"/v1/events?after={quote(cursor)}")).status_code == 200
    api.clock.now += timedelta(minutes=2)
    answer = await partner.get(f"/v1/events?after={quote(cursor)}")
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")


async def test_quiet_feed_gives_new_places_so_that_who_follows_it_is_never_refused(api: Api) -> None:
    partner = await api.caller("partner")
    cursor = (await read(api, partner))["next"]
    for _ in range(3):
        api.clock.now += KEPT_FOR / 2
        cursor = (await read_from(api, partner, cursor))["next"]
    assert cursor


@pytest.mark.parametrize("query", ["after=x", "after=", "limit=0", "types=factory", "from=now", "after=now&after=now"])
async def test_query_that_is_not_right_is_refused(shared_api: Api, query: str) -> None:
    answer = await (await shared_api.caller("partner")).get(f"/v1/events?{query}")
    assert answer.status_code == 422


async def test_cursor_of_another_list_is_no_place(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    for _ in range(2):
        await register_factory(company)
    cursor = (await company.get("/v1/factories?limit=1")).json()["next"]
    answer = await company.get(f"/v1/events?after={cursor}")
    assert answer.json()["errors"][0]["parameter"] == "after"


async def test_nobody_reads_without_a_key(shared_api: Api) -> None:
    assert (await shared_api.anonymous.get("/v1/events")).status_code == 401


async def test_place_is_gone_where_the_database_was_put_back_to_before_it(api: Api, migration_url: str) -> None:
    partner = await api.caller("partner")
    cursor = (await read(api, partner))["next"]
    # As after a restore: the clock of events stands where it stood when the backup was made.
    owner = await asyncpg.connect(migration_url.replace("+asyncpg", ""))
    await owner.execute("UPDATE event_clock SET era = era - 1")
    await owner.close()
    assert (await partner.get(f"/v1/events?after={quote(cursor)}")).status_code == 410
