"""What /readyz and /metrics tell of workers, deliveries, alerts and pace."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from service.clock import utc_now
from service.core.identifiers import uuid7
from service.db.repositories.attempt_tally import sum_up
from tests.api.conftest import Api
from tests.worker.deliveries import make_endpoint, make_event, publish

SAMPLE = re.compile(r"^([a-z_]+(?:{[^}]*})?) ([0-9.e+-]+)$", re.MULTILINE)
TOKEN = "t" * 32
LONG_AGO = timedelta(hours=1)


@pytest_asyncio.fixture(autouse=True)
async def _figures_of_this_moment(api: Api) -> AsyncIterator[None]:
    """Have the figures read whenever they are asked for."""
    api.resources.figures._kept_seconds = 0.0
    yield


async def figures(api: Api) -> dict[str, float]:
    """Return every sample of /metrics by its name and labels, as an operator sees them."""
    answer = await (await api.caller("operator")).get("/metrics")
    assert answer.status_code == 200
    return {name: float(value) for name, value in SAMPLE.findall(answer.text)}


async def worker_seen(api: Api, seconds_ago: float) -> None:
    await api.database.pool.execute(
        "INSERT INTO worker (id, started_at, seen_at) VALUES ($1, now(), clock_timestamp() - $2::interval)",
        uuid4(),
        timedelta(seconds=seconds_ago),
    )


async def add_attempt(
    api: Api, *, number: int = 1, ago: timedelta = timedelta(0), after_seconds: float = 0.0, **ended: Any
) -> None:
    """Note an attempt at the only delivery there is, made so long ago."""
    await api.database.pool.execute(
        "INSERT INTO webhook_attempt"
        " (id, delivery_id, number, at, status, error, milliseconds, request_headers, answer)"
        " SELECT $1, id, $2, created_at + $3::interval, $4, $5, 1, '{}', '' FROM webhook_delivery",
        uuid7(utc_now() - ago, uuid4().int % 2**62),
        number,
        timedelta(seconds=after_seconds),
        ended.get("status"),
        ended.get("error"),
    )


async def add_delivery(api: Api, *, state: str = "active", ordered: bool = False) -> None:
    """Publish an event to an endpoint."""
    await make_endpoint(api.database, "https://receiver.example.com/", ordered=ordered)
    await publish(api.database, make_event())
    await api.database.pool.execute("UPDATE webhook_endpoint SET state = $1", state)


async def test_readiness_without_a_worker_is_readiness(api: Api) -> None:
    answer = await api.anonymous.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (200, {"age_seconds": None})


async def test_readiness_tells_when_the_last_of_the_workers_was_seen(api: Api) -> None:
    await worker_seen(api, 300)
    await worker_seen(api, 40)
    age = (await api.anonymous.get("/readyz")).json()["worker"]["age_seconds"]
    assert 40 <= age < 45


async def test_workers_are_counted_while_they_are_seen(api: Api) -> None:
    for seconds_ago in (2, 4, 40):
        await worker_seen(api, seconds_ago)
    seen = await figures(api)
    assert seen["ax_workers"] == 2
    assert 2 <= seen["ax_worker_age_seconds"] < 5


async def test_each_end_of_an_attempt_is_counted_under_its_own_name(api: Api) -> None:
    await add_delivery(api)
    for number, ended in enumerate(
        (
            {"status": 503},
            {"status": 302, "error": "a redirect"},
            {"error": "timeout"},
            {"error": "refused: not public"},
            {"error": "lease expired"},
            {"status": 204},
        )
    ):
        await add_attempt(api, number=number + 1, **ended)
    seen = await figures(api)
    counted = {end: seen[f'ax_webhook_attempts_total{{outcome="{end}"}}'] for end in ("succeeded", "failed", "refused")}
    assert counted == {"succeeded": 1, "failed": 2, "refused": 1}
    assert seen['ax_webhook_attempts_total{outcome="unanswered"}'] == 1
    assert seen["ax_webhook_lease_expiries_total"] == seen['ax_webhook_attempts_total{outcome="lost"}'] == 1


async def test_first_attempts_alone_are_measured_from_the_writing_of_the_event(api: Api) -> None:
    await add_delivery(api)
    await add_attempt(api, after_seconds=0.07, status=500)
    await add_attempt(api, number=2, after_seconds=30, status=200)
    await add_attempt(api, number=1, after_seconds=45, error="lease expired")
    seen = await figures(api)
    assert seen["ax_webhook_first_attempt_seconds_count"] == 1
    assert seen["ax_webhook_first_attempt_seconds_sum"] == pytest.approx(0.07)
    assert seen['ax_webhook_first_attempt_seconds_bucket{le="0.05"}'] == 0
    assert seen['ax_webhook_first_attempt_seconds_bucket{le="0.1"}'] == 1
    assert seen['ax_webhook_first_attempt_seconds_bucket{le="+Inf"}'] == 1


async def test_attempts_are_counted_once_whether_summed_up_before_or_removed_since(api: Api) -> None:
    await add_delivery(api)
    await add_attempt(api, ago=LONG_AGO, after_seconds=0.2, status=200)
    await add_attempt(api, number=2, status=200)
    before = await figures(api)
    assert await sum_up(api.database.pool) is True
    assert await sum_up(api.database.pool) is False
    between = await figures(api)
    await api.database.pool.execute("DELETE FROM webhook_attempt WHERE number = 1")
    after = await figures(api)
    names = [name for name in before if name.startswith(("ax_webhook_attempts", "ax_webhook_first"))]
    assert before['ax_webhook_attempts_total{outcome="succeeded"}'] == 2
    assert [before[name] for name in names] == [between[name] for name in names] == [after[name] for name in names]


async def test_what_waits_is_counted_by_the_state_of_its_endpoint(api: Api) -> None:
    await add_delivery(api, state="paused")
    seen = await figures(api)
    assert seen['ax_webhook_deliveries_pending{endpoint_state="paused"}'] == 1
    assert seen['ax_webhook_deliveries_pending{endpoint_state="active"}'] == 0
    assert seen['ax_webhook_endpoints{state="paused"}'] == 1
    assert seen['ax_webhook_endpoints{state="disabled"}'] == 0
    assert seen["ax_webhook_oldest_due_seconds"] == 0  # what is held is not due


async def test_oldest_that_could_be_sent_tells_how_long_it_has_been_due(api: Api) -> None:
    await add_delivery(api)
    due_since = "UPDATE webhook_delivery SET next_attempt_at = clock_timestamp() + $1::interval"
    await api.database.pool.execute(due_since, timedelta(seconds=90))
    assert (await figures(api))["ax_webhook_oldest_due_seconds"] == 0
    await api.database.pool.execute(due_since, timedelta(seconds=-90))
    assert 90 <= (await figures(api))["ax_webhook_oldest_due_seconds"] < 95


async def test_what_waits_for_an_earlier_one_of_its_subject_is_not_due(api: Api) -> None:
    await add_delivery(api, ordered=True)
    await publish(api.database, make_event(sequence=2))
    await api.database.pool.execute(
        "UPDATE webhook_delivery SET next_attempt_at = now() + CASE sequence WHEN 1 THEN 1 ELSE -1 END * interval '1 h'"
    )
    assert (await figures(api))["ax_webhook_oldest_due_seconds"] == 0


async def test_pace_and_open_alerts_are_told_by_target(api: Api) -> None:
    pool = api.database.pool
    await pool.execute("INSERT INTO pace_told VALUES ('factories-2026', now(), 'behind', now())")
    await pool.execute(
        "INSERT INTO alert (id, target, level, state, opened_at, since, snapshot, reminded_at, synthetic,"
        "  version, updated_at)"
        " VALUES ($1, 'factories-2026', 'behind', 'acknowledged', now(), now(), $2, now(), false, 1, now())",
        uuid4(),
        json.dumps({}),
    )
    seen = await figures(api)
    assert seen['ax_pace{pace="behind",target="factories-2026"}'] == 1
    assert seen['ax_pace{pace="on_track",target="factories-2026"}'] == 0
    assert seen['ax_alerts_open{level="behind",state="acknowledged"}'] == 1
    assert seen['ax_alerts_open{level="behind",state="open"}'] == 0


async def test_database_that_is_away_leaves_the_figures_of_the_process(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def be_away(*_: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError

    operator = await api.caller("operator")
    await operator.get("/v1/regions")
    monkeypatch.setattr(api.resources.figures, "figures", be_away)
    answer = await operator.get("/metrics")
    assert (answer.status_code, "ax_database_up 0.0" in answer.text) == (200, True)
    assert 'ax_http_requests_total{method="GET",status="200"}' in answer.text


async def test_many_scrapes_at_once_ask_the_database_once(api: Api) -> None:
    api.resources.figures._kept_seconds = 60.0
    await figures(api)
    await add_delivery(api)
    assert (await figures(api))['ax_webhook_endpoints{state="active"}'] == 0
