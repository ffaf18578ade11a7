"""The audit: one row for every change, written in the transaction of the change. Rows are added, never altered."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act
from service.db.tables import AuditEntryRow


async def add_entry(  # noqa: PLR0913 - the columns of one row, each by name
    tx: AsyncSession,
    *,
    entry_id: UUID,
    act: Act,
    action: str,
    record_type: str,
    record_id: UUID | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    changed: Iterable[str] = (),
) -> None:
    """Write down who did what to which record, in the caller's transaction.

    `before` and `after` are JSON values of the changed fields alone (on creation: no `before`, and in `after` the whole
    record), never a contact's name or e-mail address nor a secret: of those, `changed` says *that* they changed.
    `record_id` is a target's code, otherwise the record's UUID.
    """
    await tx.execute(
        insert(AuditEntryRow).values(
            id=entry_id,
            at=act.now,
            actor_kind=act.caller.kind,
            actor_id=act.caller.actor_id,
            actor_label=act.caller.label,
            action=action,
            record_type=record_type,
            record_id=str(record_id),
            request_id=act.request_id,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
            changed=sorted(changed),
        )
    )
