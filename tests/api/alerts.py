"""An alert that is there, without living through the days that it takes for one to be opened."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from service.core.alerts import Alert, Level, open_alert
from service.db.engine import Database
from service.db.repositories import alerts
from tests.clocks import NOON_IN_SEOUL

SNAPSHOT = {"summary": "76개에 그쳤습니다.", "summary_en": "76 so far.", "since": "2026-11-20", "synthetic": False}


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
