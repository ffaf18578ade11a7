"""A target's window for a chart, and where it would stand if so many more were there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.api.test_progress import act
from tests.api.test_targets import problems_of
from tests.api.worlds import World, living_in
from tests.clocks import NOON_IN_SEOUL

SERIES = "/v1/progress/factories-2026/series"
WHAT_IF = "/v1/progress/factories-2026/what-if"


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> Any:
    async with living_in(NOON_IN_SEOUL, database_url=database_url, migration_url=migration_url) as living:
        yield living


async def test_series_says_the_same_as_progress(world: World) -> None:
    await world.built("2026-03-02", "2026-03-02", "2026-10-01")
    told = await world.progress()
    items = (await world.api.anonymous.get(f"{SERIES}?by=day")).json()["items"]
    points = {item["on"]: item for item in items}
    assert len(points) == 365
    assert points["2026-11-25"] == {
        "on": "2026-11-25",
        "plan": told["plan"],
        "value": told["value"],
        "p10": None,
        "p50": None,
        "p90": None,
    }
    assert [points[day]["value"] for day in ("2026-03-01", "2026-03-02", "2026-11-26")] == [0, 2, None]
    last = points["2026-12-31"]
    assert [last[name] for name in ("p10", "p50", "p90")] == [told["forecast"][name] for name in ("p10", "p50", "p90")]
    for day in ("2026-04-30", "2026-09-30"):
        there = await world.progress(query=f"?as_of={day}")
        assert (points[day]["plan"], points[day]["value"]) == (there["plan"], there["value"])


async def test_series_goes_by_the_month_unless_asked_otherwise(world: World) -> None:
    by_default = await world.api.anonymous.get(SERIES)
    assert by_default.json() == (await world.api.anonymous.get(f"{SERIES}?by=month")).json()
    assert [item["on"] for item in by_default.json()["items"]][-3:] == ["2026-11-25", "2026-11-30", "2026-12-31"]
    weeks = (await world.api.anonymous.get(f"{SERIES}?by=week")).json()["items"]
    assert [item["on"] for item in weeks][:2] == ["2026-01-04", "2026-01-11"]


async def test_series_has_a_tag_until_something_changes(world: World) -> None:
    first = await world.api.anonymous.get(SERIES)
    known = await world.api.anonymous.get(SERIES, if_none_match=first.headers["etag"])
    assert (known.status_code, known.content) == (304, b"")
    (factory,) = await world.built("2026-03-02")
    second = await world.api.anonymous.get(SERIES, if_none_match=first.headers["etag"])
    await act(world.company, factory, "withdraw", {"reason": "중복"})
    third = await world.api.anonymous.get(SERIES, if_none_match=second.headers["etag"])
    assert [second.json()["items"][3]["value"], third.json()["items"][3]["value"]] == [1, 0]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [("by=year", "by", "not_one_of"), ("by=", "by", "not_one_of"), ("as_of=2026-11-25", "as_of", "unknown_parameter")],
)
async def test_bad_parameter_of_a_series_is_refused_by_name(
    world: World, query: str, parameter: str, code: str
) -> None:
    answer = await world.api.anonymous.get(f"{SERIES}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, parameter)
    assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize("code", ["nowhere", "NOWHERE", "%00"])
async def test_what_is_no_target_is_not_found_before_anything_else(world: World, code: str) -> None:
    series = await world.api.anonymous.get(f"/v1/progress/{code}/series?by=year")
    what_if = await world.api.anonymous.post(f"/v1/progress/{code}/what-if", {"add": -1})
    assert (series.status_code, what_if.status_code) == (404, 404)


async def test_what_if_is_the_progress_of_the_day_with_so_many_more(world: World) -> None:
    await world.built("2026-03-02")
    then = await world.progress(query="?as_of=2026-12-25")
    supposed = (await world.api.anonymous.post(WHAT_IF, {"add": 12, "by": "2026-12-25"})).json()
    assert supposed.keys() == then.keys()
    assert (supposed["as_of"], supposed["value"], supposed["remaining"]) == ("2026-12-25", 13, 87)
    assert (supposed["plan"], supposed["gap"]) == (then["plan"], round(then["gap"] + 12, 1))
    assert (supposed["forecast"], supposed["pace"], supposed["since"]) == (None, None, None)
    assert supposed["days_ahead"] > then["days_ahead"]
    assert (await world.progress())["value"] == 1, "nothing is kept"


async def test_what_if_is_told_in_the_callers_language_and_reaches_the_goal(world: World) -> None:
    body = {"add": 100, "by": "2026-12-31"}
    korean = (await world.api.anonymous.post(WHAT_IF, body)).json()
    english = (await world.api.anonymous.post(WHAT_IF, body, accept_language="en")).json()
    assert (english["remaining"], english["share"]) == (0, 1)
    assert "reached the goal" in english["summary"]
    assert "달성했" in korean["summary"]


async def test_what_would_come_after_the_last_day_does_not_count(world: World) -> None:
    told = (await world.api.anonymous.post(WHAT_IF, {"add": 72, "by": "2027-02-05"})).json()
    assert told["value"] == 36  # one a day, half of them in time


async def test_what_if_names_every_error_of_the_body(world: World) -> None:
    told = await world.api.anonymous.post(WHAT_IF, {"add": 0, "by": "2026-11-25", "why": "x"})
    assert problems_of(told) == [("#/why", "unknown_field"), ("#/add", "out_of_range"), ("#/by", "out_of_range")]
    not_json = await world.api.client.post(WHAT_IF, content=b"{", headers={"content-type": "application/json"})
    assert (not_json.status_code, not_json.json()["code"]) == (400, "malformed_json")


async def test_any_day_may_be_supposed(world: World) -> None:
    told = await world.api.anonymous.post(WHAT_IF, {"add": 1_000_000, "by": "2199-12-31"})
    assert told.status_code == 200
    assert datetime.fromisoformat(told.json()["known_at"]) - datetime(2026, 11, 25, 3, tzinfo=UTC) < timedelta(hours=1)
