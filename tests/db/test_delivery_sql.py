"""The statements of the delivery find what they need by indexes, however much has been delivered already."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from service.db import delivery_sql
from service.db.engine import Database
from service.db.repositories.deliveries import LEASE_EXPIRED
from tests.worker.deliveries import make_endpoint

DELIVERED, WAITING = 20_000, 2_000
SECOND = timedelta(seconds=1)
CLAIM = (delivery_sql.CLAIM, 25, uuid4(), SECOND)
SETTLE = (delivery_sql.SETTLE, "[]")


async def plan_of(database: Database, statement: str, *parameters: Any) -> str:
    """Return the plan that a worker's connection comes to use, among many deliveries."""
    for ordered in (False, True):
        await make_endpoint(database, "http://receiver.example.com/", ordered=ordered)
    await database.pool.execute(
        "WITH told AS ("
        "  INSERT INTO event (id, type, subject, sequence, at, audience, body)"
        "  SELECT uuid7(), 'factory.verified', 'factories/' || n % 100, n, now(), 'everyone', '{}'"
        "  FROM generate_series(1, $2::integer) n RETURNING *"
        ")"
        " INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence, state)"
        " SELECT e.id, told.id, type, subject, sequence,"
        "   CASE WHEN sequence < $1 THEN 'succeeded' ELSE 'pending' END"
        " FROM webhook_endpoint e, told",
        DELIVERED // 2,
        (DELIVERED + WAITING) // 2,
    )
    async with database.pool.acquire() as connection:
        await connection.execute("ROLLBACK; SET plan_cache_mode = force_generic_plan")
        await connection.execute(delivery_sql.BEGIN)
        lines = await connection.fetch(f"EXPLAIN {statement}", *parameters)
        await connection.execute("ROLLBACK; RESET plan_cache_mode")
    return "\n".join(line[0] for line in lines)


async def test_claim_uses_its_indexes(database: Database) -> None:
    plan = await plan_of(database, *CLAIM)
    assert "Seq Scan on webhook_delivery" not in plan
    assert "Bitmap" not in plan
    for index in (
        "webhook_delivery_pending_idx",
        "webhook_delivery_in_flight_idx",
        "webhook_delivery_pinging_idx",
        "webhook_delivery_unsettled_idx",
        "event_pkey",
    ):
        assert f"using {index}" in plan


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (SETTLE, "webhook_delivery_"),
        ((delivery_sql.RELEASE_EXPIRED, 10, LEASE_EXPIRED), "webhook_delivery_in_flight_idx"),
        ((delivery_sql.PUT_OFF, 5_000), "webhook_delivery_unsettled_idx"),
        ((delivery_sql.SECONDS_TO_NEXT_DUE, SECOND), "webhook_delivery_pending_idx"),
    ],
    ids=["settle", "release", "put off", "next due"],
)
async def test_others_use_theirs(database: Database, statement: tuple[Any, ...], index: str) -> None:
    plan = await plan_of(database, *statement)
    assert "Seq Scan on webhook_delivery" not in plan
    assert f"using {index}" in plan
