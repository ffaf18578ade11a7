"""Changing a record that exists: find it, hold the caller to the rules, and write it with its history in one piece."""

from dataclasses import dataclass, replace
from secrets import randbits
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Permission, require, require_open_organization, sees_record, sees_whole
from service.core.errors import Forbidden, NotFound
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.records import Contact, Record, RecordKind
from service.core.regions import RegionBook
from service.db.repositories import audit, records
from service.usecases.publishing import publish_record
from service.usecases.reading import Shown
from service.usecases.rendering import all_fields, contact_part, opening, private_part

# These change with every change and say nothing of it; a record's own version and instants tell them.
_NOT_COMPARED = frozenset({"updated_at", "version"})
# A change of any of these is a change of what the record means for a count.
_COUNTING = (
    "status",
    "counts_on",
    "region",
    "industry",
    "project_type",
    "kind",
    "foundation_model_ids",
    "registered_on",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change about to be written. `facts` go into the history beside the fields (a reason, a note)."""

    action: str
    before: Record
    after: Record
    contact_before: Contact
    contact_after: Contact
    facts: dict[str, Any]


async def lock_for(tx: AsyncSession, kind: RecordKind, record_id: UUID, *, act: Act, permission: Permission) -> Record:
    """Return the record, locked, if the caller sees it and may act on it.

    Raises:
        NotFound: there is none that the caller sees.
        Forbidden: the caller sees it, but this is for its organization or the ministry.
        OrganizationClosed: the caller's organization is closed.
    """
    caller = act.caller
    record = await records.lock_record(tx, kind, record_id)
    if record is None or not sees_record(caller, organization_id=record.organization_id, status=record.status):
        raise NotFound
    require(caller, permission)
    if not sees_whole(caller, record.organization_id):
        raise Forbidden(role=caller.role.value)
    require_open_organization(caller)
    return record


async def write_change(tx: AsyncSession, kind: RecordKind, change: Change, *, act: Act, book: RegionBook) -> Shown:
    """Write a change with its history and standing; nothing is written if nothing has changed.

    Returns the record as its organization sees it.

    Raises:
        AlreadyRegistered: its organization has used this `external_ref`.
    """
    before, after = all_fields(kind, change.before, book.by_code), all_fields(kind, change.after, book.by_code)
    changed = [name for name in after if name not in _NOT_COMPARED and before[name] != after[name]]
    contact_changed = _changed_contact(change)
    record = change.after
    if changed or contact_changed or change.facts:
        # The clock may stand still or step back; a record's changes are in order all the same.
        record = replace(record, version=record.version + 1, updated_at=max(act.now, record.updated_at))
        document = opening(kind, record, book.by_code)
        sequence = await records.save_record(tx, record, opening=document, private=private_part(kind, record))
        if _counts_differently(change):
            await records.add_standing(tx, record, _new_id(act))
        if contact_changed:
            await records.save_contact(tx, record.id, change.contact_after)
        await audit.add_entry(
            tx,
            entry_id=_new_id(act),
            act=act,
            action=change.action,
            record_type=kind.record_type,
            record_id=str(record.id),
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed} | change.facts,
            changed=[*changed, *contact_changed],
        )
        await publish_record(
            tx,
            kind,
            record,
            action=change.action,
            document=document,
            before=change.before,
            sequence=sequence,
            changed=[*changed, *contact_changed],
            now=act.now,
        )
    return show_whole(kind, record, change.contact_after, book)


def show_whole(kind: RecordKind, record: Record, contact: Contact, book: RegionBook) -> Shown:
    """Return a record as its organization sees it."""
    ending = contact_part(contact.name, contact.email) if "contact_name" in kind.fields else ""
    return Shown(f"{opening(kind, record, book.by_code)}{private_part(kind, record)}{ending}}}", record.version)


def _changed_contact(change: Change) -> list[str]:
    """Name the contact fields that changed; what they hold is kept in no history."""
    before, after = change.contact_before, change.contact_after
    pairs = (("contact_name", before.name, after.name), ("contact_email", before.email, after.email))
    return [name for name, old, new in pairs if old != new]


def _counts_differently(change: Change) -> bool:
    return any(getattr(change.before, name, None) != getattr(change.after, name, None) for name in _COUNTING)


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))
