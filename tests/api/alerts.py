"""An alert that is there, without living through the days that it takes for one to be opened."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from service.api.event_documents import sample_of
from service.core.alerts import Alert, Level, open_alert
from service.core.events import EventType
from service.db.engine import Database
from service.db.repositories import alerts
from tests.clocks import NOON_IN_SEOUL

SNAPSHOT: dict[str, Any] = sample_of(EventType.PACE_BEHIND)["data"]
"""How a target stood, as the event of the opening tells it."""


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
