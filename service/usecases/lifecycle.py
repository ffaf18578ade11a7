"""Moving a record from one status to another."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Permission
from service.core.errors import Invalid
from service.core.fields import problem
from service.core.lifecycle import TRANSITIONS, Action, next_status
from service.core.records import Record, RecordKind, Rejection, day_in_seoul
from service.core.regions import RegionBook
from service.db.repositories import records
from service.usecases.reading import Shown
from service.usecases.record_changes import Change, lock_for, write_change

_PAST = {
    Action.VERIFY: "verified",
    Action.REJECT: "rejected",
    Action.RESUBMIT: "resubmitted",
    Action.WITHDRAW: "withdrawn",
    Action.RETIRE: "retired",
    Action.REOPEN: "reopened",
}


def permission_for(action: Action) -> Permission:
    """Return the right that a call needs."""
    return Permission.REVIEW if TRANSITIONS[action].ministry_only else Permission.WRITE_RECORDS


async def lock_for_action(tx: AsyncSession, kind: RecordKind, record_id: UUID, action: Action, *, act: Act) -> Record:
    """Return the record, locked, if the caller sees it and may make this call; raises as `lock_for`."""
    return await lock_for(tx, kind, record_id, act=act, permission=permission_for(action))


async def move_record(
    tx: AsyncSession,
    kind: RecordKind,
    record: Record,
    action: Action,
    given: Mapping[str, Any],
    *,
    act: Act,
    book: RegionBook,
) -> Shown:
    """Move a locked record on; `given` are the clean fields of the call.

    Raises:
        Invalid: `retired_on` lies ahead or before the record's own date.
        TransitionNotAllowed: the record's status does not allow it.
        NotYetAdopted: it would be verified before its date.
    """
    today = day_in_seoul(act.now)
    if action is Action.RETIRE:
        _check_end(record, given, today=today)
    status = next_status(record.status, action, counts_on=record.counts_on, today=today)
    rejection = Rejection(given["reason_code"], given["reason"]) if action is Action.REJECT else None
    moved = replace(record, status=status, rejection=rejection, retired_on=given.get("retired_on"))
    contact = await records.read_contact(tx, record.id)
    # A rejection's reason is a field of the record already; the others are kept in its history.
    facts = {name: given[name] for name in ("reason", "note") if given.get(name) and action is not Action.REJECT}
    change = Change(_PAST[action], record, moved, contact, contact, facts)
    return await write_change(tx, kind, change, act=act, book=book)


def _check_end(record: Record, given: Mapping[str, Any], *, today: date) -> None:
    if given["retired_on"] > today:
        raise Invalid([problem("retired_on", "in_the_future", today=today)])
    if given["retired_on"] < record.counts_on:
        raise Invalid([problem("retired_on", "before_its_date", day=record.counts_on)])
