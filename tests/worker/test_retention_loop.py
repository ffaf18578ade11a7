"""What is older than ninety days goes, and nothing else does."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from service.clock import utc_now
from service.core.identifiers import uuid7
from service.core.retention import KEPT_FOR
from service.db.engine import Database
from service.usecases.housekeeping import expired_rows
from service.worker.retention_loop import remove_expired
from tests.worker.deliveries import make_endpoint

NOW = utc_now()
OLD = KEPT_FOR + timedelta(minutes=1)
YOUNG = KEPT_FOR - timedelta(minutes=1)


def made(ago: timedelta) -> UUID:
    """Return the identifier of something made so long ago."""
    return uuid7(NOW - ago, uuid4().int % 2**62)


async def add_event(database: Database, ago: timedelta) -> UUID:
    event_id = made(ago)
    await database.pool.execute(
        "INSERT INTO event (id, type, subject, sequence, at, audience, body)"
        " VALUES ($1, 'target.revised', $2, 1, now(), 'everyone', '{}')",
        event_id,
        f"targets/{event_id}",
    )
    return event_id


async def add_delivery(
    database: Database, ago: timedelta, *, endpoint_id: UUID, state: str = "succeeded", event_id: UUID | None = None
) -> UUID:
    delivery_id = made(ago)
    await database.pool.execute(
        "INSERT INTO webhook_delivery (id, endpoint_id, event_id, event_type, subject, sequence, state)"
        " VALUES ($1, $2, $3, 'target.revised', 'targets/x', 1, $4)",
        delivery_id,
        endpoint_id,
        event_id or await add_event(database, ago),
        state,
    )
    return delivery_id


async def add_attempt(database: Database, ago: timedelta, delivery_id: UUID) -> UUID:
    attempt_id = made(ago)
    await database.pool.execute(
        "INSERT INTO webhook_attempt (id, delivery_id, number, at, milliseconds, request_headers, answer)"
        " VALUES ($1, $2, 1, now(), 1, '{}', '')",
        attempt_id,
        delivery_id,
    )
    return attempt_id


async def add_message(database: Database, ago: timedelta, state: str) -> UUID:
    message_id = made(ago)
    await database.pool.execute(
        "INSERT INTO notification (id, event_id, target, kind, title, body, state)"
        " VALUES ($1, $2, 'factories-2026', 'behind', 't', 'b', $3)",
        message_id,
        uuid4(),
        state,
    )
    return message_id


async def left(database: Database, table: str) -> set[UUID]:
    return {row["id"] for row in await database.pool.fetch(f"SELECT id FROM {table}")}


async def remove(database: Database, *, at_once: int = 1000) -> dict[str, list[int]]:
    """Remove what has expired; return the sizes of all batches by what was removed."""
    batches: dict[str, list[int]] = {}
    async for step, count in expired_rows(database.pool, now=NOW, at_once=at_once):
        batches.setdefault(step, []).append(count)
    return batches


async def test_what_is_older_goes_and_what_is_younger_stays(database: Database) -> None:
    endpoint = await make_endpoint(database, "https://receiver.example.com/")
    await add_event(database, OLD)
    young_event = await add_event(database, YOUNG)
    old = await add_delivery(database, OLD, endpoint_id=endpoint.id)
    young = await add_delivery(database, YOUNG, endpoint_id=endpoint.id, event_id=young_event)
    await add_attempt(database, OLD, old)
    await add_attempt(database, OLD, young)
    young_attempt = await add_attempt(database, YOUNG, young)
    await add_message(database, OLD, "sent")
    await add_message(database, OLD, "failed")
    messages = {await add_message(database, OLD, "pending"), await add_message(database, YOUNG, "sent")}
    await remove(database)
    assert await left(database, "event") == {young_event}
    assert await left(database, "webhook_delivery") == {young}
    assert await left(database, "webhook_attempt") == {young_attempt}
    assert await left(database, "notification") == messages


@pytest.mark.parametrize(
    ("delivery", "endpoint", "stays"),
    [
        ("succeeded", "active", False),
        ("failed", "active", False),
        ("pending", "active", True),
        ("in_flight", "active", True),
        ("pending", "paused", False),
        ("pending", "disabled", False),
        ("in_flight", "disabled", True),
    ],
)
async def test_what_is_still_on_its_way_comes_to_its_end_first_with_its_event(
    database: Database, delivery: str, endpoint: str, *, stays: bool
) -> None:
    made_endpoint = await make_endpoint(database, "https://receiver.example.com/", state=endpoint)
    await add_delivery(database, OLD, endpoint_id=made_endpoint.id, state=delivery)
    await remove(database)
    counts = [len(await left(database, table)) for table in ("webhook_delivery", "event")]
    assert counts == [stays, stays]


async def test_event_stays_as_long_as_a_delivery_made_a_moment_later_by_another_clock(database: Database) -> None:
    endpoint = await make_endpoint(database, "https://receiver.example.com/")
    event_id = await add_event(database, KEPT_FOR + timedelta(minutes=10))
    await add_delivery(database, KEPT_FOR - timedelta(minutes=10), endpoint_id=endpoint.id, event_id=event_id)
    await remove(database)
    assert await left(database, "event") == {event_id}


async def test_batches_are_small(database: Database) -> None:
    for _ in range(7):
        await add_event(database, OLD)
    assert await remove(database, at_once=3) == {"events": [3, 3, 1]}


async def test_what_a_worker_has_locked_is_left_to_the_next_round(database: Database) -> None:
    endpoint = await make_endpoint(database, "https://receiver.example.com/")
    held = await add_delivery(database, OLD, endpoint_id=endpoint.id)
    await add_delivery(database, OLD, endpoint_id=endpoint.id)
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM webhook_delivery WHERE id = $1 FOR UPDATE", held)
        async with asyncio.timeout(5):
            await remove(database)
    assert await left(database, "webhook_delivery") == {held}


async def test_loop_removes_at_its_start_and_ends_when_told(database: Database) -> None:
    await add_event(database, OLD)
    stop = asyncio.Event()
    running = asyncio.create_task(remove_expired(database.pool, lambda: NOW, stop))
    async with asyncio.timeout(5):
        while await left(database, "event"):  # noqa: ASYNC110 - it comes from outside
            await asyncio.sleep(0.01)
        stop.set()
        await running
    assert await left(database, "event") == set()
