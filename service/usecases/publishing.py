"""Publishing: an event is written in the transaction of the change it tells of, with its deliveries, or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import randbits
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.events import (
    WITH_CHANGED,
    Event,
    EventType,
    divisions_of,
    json_text,
    record_audience,
    record_type_of,
    regions_of,
    with_changed,
)
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.records import Record, RecordKind
from service.db.repositories.events import add_event

_TAIL_BITS = 32
"""Of a target's event; before them stands its sequence."""
_TOLD_AS = {"contact_erased": "updated", "region_changed": "updated"}
"""Changes that have a name of their own in the history, and none among the events."""


async def publish_record(  # noqa: PLR0913 - what an event says, each by name
    tx: AsyncSession,
    kind: RecordKind,
    record: Record,
    *,
    action: str,
    document: str,
    before: Record,
    sequence: int,
    changed: Sequence[str],
    now: datetime,
) -> None:
    """Tell of a change of a record. `document`: the record as everyone sees it, JSON without its closing brace.

    `before`: the record before the change: who could see it then, or asked for the region it was in, hears that it has
    left. `changed`: the names of what changed, private fields too.
    """
    action = _TOLD_AS.get(action, action)
    type_ = record_type_of(record, action)
    event = Event(
        id=uuid7(now, randbits(RANDOM_BITS)),
        type=type_,
        subject=f"{kind.path}/{record.id}",
        sequence=sequence,
        at=now,
        data=with_changed(document, changed) if action in WITH_CHANGED else f"{document}}}",
        audience=record_audience(type_, before=before.status, after=record.status),
        organization_id=record.organization_id,
        regions=regions_of(before, record),
        divisions=divisions_of(before, record),
    )
    await add_event(tx, event)


async def publish_target(
    tx: AsyncSession, type_: EventType, code: str, data: Mapping[str, Any], *, sequence: int, now: datetime
) -> Event:
    """Tell everyone of a target, or of its pace; return the event."""
    event = Event(
        # One transaction may tell several things of a target, all of one instant: its ids rise as its sequence does.
        id=uuid7(now, sequence << _TAIL_BITS | randbits(_TAIL_BITS)),
        type=type_,
        subject=f"targets/{code}",
        sequence=sequence,
        at=now,
        data=json_text(data),
        target=code,
    )
    await add_event(tx, event)
    return event
