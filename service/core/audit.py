"""The audit: who did what to which record. Also a record's history. Source: PRODUCT.md sections 3 and 7."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from service.core.fields import LINE, Bad, identifier, one_of
from service.core.parameters import PAGE, Parameter, Parameters, instant_in_query
from service.core.records import utc_text

RECORD_TYPES = (
    "alert",
    "api_key",
    "factory",
    "foundation_model",
    "organization",
    "region",
    "register",
    "target",
    "webhook_endpoint",
)
_RECORD_TYPE = one_of(RECORD_TYPES)
ACTOR_KINDS = ("api_key", "command_line", "migration", "worker")
_ACTOR_KIND = one_of(ACTOR_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change: `before` and `after` hold the changed fields alone, and neither a contact nor a secret."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_label: str
    action: str
    record_type: str
    record_id: str
    request_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed: tuple[str, ...]


class RecordReference(NamedTuple):
    """A record as the audit names it; without a type, whatever has this id."""

    id: str
    type: str | None = None


class ActorReference(NamedTuple):
    """An actor as the audit names it: by id, or by kind."""

    id: str | None = None
    kind: str | None = None


def entry_fields(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as it is shown, ready for JSON."""
    return {
        "id": str(entry.id),
        "at": utc_text(entry.at),
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "label": entry.actor_label},
        "action": entry.action,
        "record": {"type": entry.record_type, "id": entry.record_id},
        "request_id": entry.request_id,
        "before": entry.before,
        "after": entry.after,
        "changed": list(entry.changed),
    }


def reference(raw: str) -> RecordReference:
    """Take `<id>` or `<type>/<id>`.

    Raises:
        Bad: not text of one line, or no type of record.
    """
    record_type, slash, record_id = LINE(raw).rpartition("/")
    return RecordReference(_id(record_id), _RECORD_TYPE(record_type) if slash else None)


def _id(raw: str) -> str:
    """Take an id; UUIDs are kept in lower case, targets have codes."""
    try:
        return str(identifier(raw))
    except Bad:
        return raw


def actor(raw: str) -> ActorReference:
    """Take the id of a key, or a kind of actor: what was done at the command line has no id.

    Raises:
        Bad: neither.
    """
    try:
        return ActorReference(id=str(identifier(raw)))
    except Bad:
        return ActorReference(kind=_ACTOR_KIND(raw))


PARAMETERS: Parameters = {
    **PAGE,
    "actor": Parameter(
        actor,
        description=f"Who did it: a key's id, or {', '.join(ACTOR_KINDS)}.",
        example="019ab2c4-7d10-7abc-9def-0123456789ab",
    ),
    "record": Parameter(reference, description="The record: its id, or `type/id`.", example="target/factories-2026"),
    "at_from": Parameter(instant_in_query, description="At this instant or later.", example="2026-11-22T09:00:00Z"),
    "at_to": Parameter(instant_in_query, description="At this instant or earlier.", example="2026-11-22T18:00:00Z"),
}
