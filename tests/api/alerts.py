"""An alert that is there, without living through the days that it takes for one to be opened."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from service.core.alerts import Alert, Level, open_alert
from service.db.engine import Database
from service.db.repositories import alerts
from tests.clocks import NOON_IN_SEOUL

SNAPSHOT: dict[str, Any] = {
    "code": "factories-2026",
    "name_ko": "2026년 AI 팩토리 100개",
    "name_en": "100 AI factories in 2026",
    "metric": "factories",
    "target_version": 1,
    "state": "active",
    "plan_basis": "assumed",
    "as_of": "2026-11-22",
    "known_at": "2026-11-22T00:00:00.000000Z",
    "synthetic": False,
    "value": 76,
    "goal": 100,
    "remaining": 24,
    "share": 0.76,
    "waiting": 4,
    "plan": 89.3,
    "gap": -13.3,
    "schedule_index": 0.851,
    "days_ahead": -48,
    "rate_required": 18.5,
    "rate_recent": 7.3,
    "forecast": {"probability": 0.0312, "p10": 81, "p50": 87, "p90": 93, "expected_on": "2027-02-18"},
    "pipeline": {"planned": 12, "waiting": 4, "if_all_land": 92},
    "pace": "behind",
    "since": "2026-11-20",
    "summary": "76개에 그쳤습니다.",
    "summary_en": "76 so far.",
}


async def add_alert(
    database: Database,
    target: str = "factories-2026",
    level: Level = Level.BEHIND,
    *,
    now: datetime = NOON_IN_SEOUL,
    **changes: Any,
) -> Alert:
    """Open an alert and return it; `changes` replace fields."""
    alert = replace(open_alert(uuid4(), target, level, snapshot=SNAPSHOT, now=now), **changes)
    async with database.session() as tx:
        await alerts.add(tx, alert)
    return alert
