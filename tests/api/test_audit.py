"""The audit: staff read who did what, by actor, record and time, the newest first."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from service.core.records import utc_text
from tests.api.conftest import Api, Caller
from tests.api.problems import code_of, errors_of


async def rename(api: Api, caller: Caller, name: str, version: int) -> None:
    """Make one entry: the caller's organization gets another English name."""
    path = f"/v1/organizations/{caller.organization_id}"
    answer = await caller.patch(path, {"name_en": name}, if_match=f'"{version}"', x_request_id=f"request-{name}")
    assert answer.status_code == 200, answer.text
    api.clock.advance(minutes=1)


async def names_in(caller: Caller, query: str = "") -> list[str]:
    answer = await caller.get(f"/v1/audit{query}")
    assert answer.status_code == 200, answer.text
    return [(item["after"] or {}).get("name_en") for item in answer.json()["items"]]


async def test_entry_says_who_did_what_to_which_record_in_which_request(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    await rename(api, company, "One", 1)
    [entry] = (await ministry.get(f"/v1/audit?record={company.organization_id}")).json()["items"]
    assert entry.pop("id")
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "actor": {"kind": "api_key", "id": str(company.key_id), "label": "test"},
        "action": "updated",
        "record": {"type": "organization", "id": str(company.organization_id)},
        "request_id": "request-One",
        "before": {"name_en": None},
        "after": {"name_en": "One"},
        "changed": ["name_en"],
    }


@pytest.mark.parametrize("role", ["company", "partner"])
async def test_only_staff_read_the_audit(api: Api, role: str) -> None:
    caller = await api.caller(role)
    assert code_of(await caller.get("/v1/audit")) == (403, "forbidden")
    assert code_of(await api.anonymous.get("/v1/audit")) == (401, "not_authenticated")


@pytest.mark.parametrize("role", ["ministry", "operator"])
async def test_staff_read_it_all(api: Api, role: str) -> None:
    staff, company = await api.caller(role), await api.caller("company")
    await rename(api, company, "One", 1)
    assert await names_in(staff) == ["One"]


async def test_entries_are_found_by_actor_and_by_record(api: Api) -> None:
    ministry, one, other = await api.caller("ministry"), await api.caller("company"), await api.caller("company")
    await rename(api, one, "One", 1)
    await rename(api, other, "Other", 1)
    assert await names_in(ministry, f"?actor={one.key_id}") == ["One"]
    assert await names_in(ministry, f"?actor={str(one.key_id).upper()}") == ["One"]
    assert await names_in(ministry, f"?record={other.organization_id}") == ["Other"]
    assert await names_in(ministry, f"?record=organization/{other.organization_id}") == ["Other"]
    assert await names_in(ministry, f"?record=factory/{other.organization_id}") == []
    assert await names_in(ministry, f"?record={other.organization_id}&actor={one.key_id}") == []


async def test_entries_are_found_by_time_both_ends_included(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    for version, name in enumerate(["One", "Two", "Three"], start=1):
        await rename(api, company, name, version)
    items = (await ministry.get("/v1/audit")).json()["items"]
    at = {item["after"]["name_en"]: item["at"] for item in items}
    assert await names_in(ministry, f"?at_from={at['Two']}") == ["Three", "Two"]
    assert await names_in(ministry, f"?at_to={at['Two']}") == ["Two", "One"]
    assert await names_in(ministry, f"?at_from={at['Two']}&at_to={at['Two']}") == ["Two"]
    assert await names_in(ministry, f"?at_from={at['Three']}&at_to={at['One']}") == []


@pytest.mark.parametrize("write", [quote, str])
async def test_instants_may_have_another_zone_with_its_plus_escaped_or_not(api: Api, write: Any) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    before = api.clock.now
    await rename(api, company, "One", 1)
    in_seoul = f"{before + timedelta(hours=9):%Y-%m-%dT%H:%M:%S.%f}+09:00"
    assert await names_in(ministry, f"?at_from={write(in_seoul)}") == ["One"]
    assert await names_in(ministry, f"?at_to={write(in_seoul)}") == []


async def test_audit_pages_newest_first_and_stays_whole_while_others_write(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    for version in range(1, 6):
        await rename(api, company, str(version), version)
    first = await ministry.get("/v1/audit?limit=2")
    await rename(api, company, "6", 6)
    second = await ministry.get(first.links["next"]["url"])
    third = await ministry.get(second.links["next"]["url"])
    seen = [item["after"]["name_en"] for page in (first, second, third) for item in page.json()["items"]]
    assert seen == ["5", "4", "3", "2", "1"]
    assert third.json()["next"] is None


async def test_entries_of_one_instant_are_each_told_once(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    for version in range(1, 4):
        await rename(api, company, str(version), version)
        api.clock.now -= timedelta(minutes=1, microseconds=2)  # the clock stands still
    seen: list[str] = []
    path = "/v1/audit?limit=1"
    while path:
        answer = await ministry.get(path)
        seen += [item["after"]["name_en"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert sorted(seen) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?actor=", "actor", "not_one_of"),
        ("?actor=%00", "actor", "not_one_of"),
        ("?actor=somebody", "actor", "not_one_of"),
        ("?record=", "record", "empty"),
        ("?record=plant/7", "record", "not_one_of"),
        ("?record=/7", "record", "not_one_of"),
        ("?at_from=yesterday", "at_from", "not_an_instant"),
        ("?at_to=2026-11-25", "at_to", "not_an_instant"),
        ("?at_to=2026-11-25T00:00:00", "at_to", "not_an_instant"),
        ("?limit=1000", "limit", "out_of_range"),
        ("?after=abc", "after", "bad_cursor"),
        ("?sort=at", "sort", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str, code: str) -> None:
    ministry = await api.caller("ministry")
    assert errors_of(await ministry.get(f"/v1/audit{query}")) == [(parameter, code)]


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
async def test_service_can_alter_no_entry(api: Api, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.database.pool.execute(statement)


async def test_refused_change_leaves_no_entry(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    path = f"/v1/organizations/{company.organization_id}"
    await company.patch(path, {"name_en": 7}, if_match='"1"')
    await company.patch(path, {"name_en": "One"}, if_match='"2"')
    assert await names_in(ministry) == []


async def test_instants_are_utc_with_microseconds(api: Api) -> None:
    ministry, company = await api.caller("ministry"), await api.caller("company")
    await rename(api, company, "One", 1)
    [entry] = (await ministry.get("/v1/audit")).json()["items"]
    assert utc_text(api.clock.now - timedelta(minutes=2)) < entry["at"] < utc_text(api.clock.now)
