"""What the operations need to know of the register they ask: who may call, and what there is to find."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

from benchmarks.seeding import MINISTRY
from service.core.api_keys import digest_of, key_text, prefix_of

CALLERS = 20
"""How many of the companies call, each with a key of its own."""
_SAMPLE = 20_000
_COUNTING = """
SELECT id FROM factory WHERE status = 'verified' AND adoption_date BETWEEN '2026-01-01' AND '2026-11-20'
ORDER BY id LIMIT 1000
"""
GOALS = {"factories-2026": 1_200, "factories-2030": 2_000}
"""So far off that a thousand records leave the forecast something to say."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A company that calls, with its key."""

    organization_id: UUID
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Register:
    """The register as the benchmark found it."""

    size: int
    callers: Sequence[Caller]
    ministry_key: str
    organizations: Sequence[UUID]
    regions: Sequence[str]
    model_ids: Sequence[UUID]
    factories: Sequence[tuple[UUID, int]]
    """Some of the verified factories, at random: id and version."""
    names: Sequence[str]
    """The names of some of them."""
    counting: Sequence[UUID]
    """Some of the verified factories that count this year."""


# No worker runs beside: what an endpoint costs those who write is one delivery for each event.
_ENDPOINT = """
INSERT INTO webhook_endpoint (id, organization_id, url, event_types, regions, divisions, targets, max_in_flight,
  ordered, state, version, created_at, updated_at)
SELECT $1, $2, 'https://example.com/webhooks', '{}', '{}', '{}', '{}', 4, false, 'active', 1, $3, $3
WHERE NOT EXISTS (SELECT FROM webhook_endpoint)
"""


async def enter(connection: Any, *, now: datetime) -> Register:
    """Make keys for some of the companies and for the ministry, which is told of everything; look at what there is."""
    organizations = await connection.fetch("SELECT id, name FROM organization ORDER BY id")
    companies = [row for row in organizations if row["name"] != MINISTRY]
    ministry = next(row for row in organizations if row["name"] == MINISTRY)
    await connection.execute(_ENDPOINT, uuid4(), ministry["id"], now)
    callers = [await _caller(connection, row, role="company", now=now) for row in companies[:CALLERS]]
    size = await connection.fetchval("SELECT count(*) FROM factory")
    sample = await connection.fetch(
        "SELECT id, version, name FROM factory TABLESAMPLE SYSTEM ($1)"
        " WHERE status = 'verified' ORDER BY random() LIMIT $2",
        min(100.0, 400 * _SAMPLE / size),
        _SAMPLE,
    )
    return Register(
        size=size,
        callers=callers,
        ministry_key=(await _caller(connection, ministry, role="ministry", now=now)).key,
        organizations=[row["id"] for row in companies],
        regions=[row["code"] for row in await connection.fetch("SELECT code FROM region WHERE successor IS NULL")],
        model_ids=[row["id"] for row in await connection.fetch("SELECT id FROM foundation_model")],
        factories=[(row["id"], row["version"]) for row in sample],
        names=[row["name"] for row in sample[:1000]],
        counting=[row["id"] for row in await connection.fetch(_COUNTING)],
    )


async def _caller(connection: Any, row: Any, *, role: str, now: datetime) -> Caller:
    key = key_text(secrets.token_urlsafe(32))
    await connection.execute(
        "INSERT INTO api_key (id, organization_id, label, role, prefix, digest, created_at)"
        " VALUES ($1, $2, 'benchmark', $3, $4, $5, $6)",
        uuid4(),
        row["id"],
        role,
        prefix_of(key),
        digest_of(key),
        now,
    )
    return Caller(row["id"], row["name"], key)


def set_goals(port: int, key: str) -> None:
    """Revise the installed targets, unless an earlier run has."""
    for code, goal in GOALS.items():
        ask = Request(
            f"http://127.0.0.1:{port}/v1/targets/{code}",
            json.dumps({"goal": goal, "reason": "benchmark"}).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "If-Match": "*"},
            method="PATCH",
        )
        urlopen(ask, timeout=30).close()  # noqa: S310 - as above
