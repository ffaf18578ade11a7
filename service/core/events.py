"""Events: what partners are told, in which words, and who may know.

An event's body is one JSON document that is both a CloudEvents 1.0 structured event and a Standard Webhooks payload. It
is written with the change that it tells of, and stays the same to the byte however often it is sent.

Source: PRODUCT.md section 6; CloudEvents 1.0; Standard Webhooks.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from service.core.lifecycle import COUNTING, Status
from service.core.records import Record, utc_text

SOURCE = "urn:ax-registry"
"""Whose events these are. A URN, for a registry may have several addresses, and none while it is being set up."""
ID_PREFIX = "evt_"
SEQUENCE_DIGITS = 10


class EventType(StrEnum):
    """The types of events, as subscribers name them."""

    FACTORY_REGISTERED = "factory.registered"
    FACTORY_UPDATED = "factory.updated"
    FACTORY_VERIFIED = "factory.verified"
    FACTORY_REJECTED = "factory.rejected"
    FACTORY_RESUBMITTED = "factory.resubmitted"
    FACTORY_REOPENED = "factory.reopened"
    FACTORY_WITHDRAWN = "factory.withdrawn"
    FACTORY_RETIRED = "factory.retired"
    FOUNDATION_MODEL_REGISTERED = "foundation_model.registered"
    FOUNDATION_MODEL_UPDATED = "foundation_model.updated"
    FOUNDATION_MODEL_VERIFIED = "foundation_model.verified"
    FOUNDATION_MODEL_REJECTED = "foundation_model.rejected"
    FOUNDATION_MODEL_RESUBMITTED = "foundation_model.resubmitted"
    FOUNDATION_MODEL_REOPENED = "foundation_model.reopened"
    FOUNDATION_MODEL_WITHDRAWN = "foundation_model.withdrawn"
    FOUNDATION_MODEL_RETIRED = "foundation_model.retired"
    TARGET_CREATED = "target.created"
    TARGET_REVISED = "target.revised"
    TARGET_CLOSED = "target.closed"
    TARGET_MET = "target.met"
    TARGET_MISSED = "target.missed"
    PACE_AT_RISK = "pace.at_risk"
    PACE_BEHIND = "pace.behind"
    PACE_STILL_BEHIND = "pace.still_behind"
    PACE_RECOVERED = "pace.recovered"
    IMPORT_COMPLETED = "import.completed"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    WEBHOOK_PING = "webhook.ping"


class Audience(StrEnum):
    """Who may see an event: everyone with a key, the organization it belongs to and the ministry, or one endpoint."""

    EVERYONE = "everyone"
    ORGANIZATION = "organization"
    ENDPOINT = "endpoint"


WITH_CHANGED = frozenset({"updated", "reopened"})
"""The actions on a record whose events name the fields that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a subject. `data` is JSON text, an object; `at` an aware UTC instant.

    `sequence` counts the events of a subject from 1. `organization_id`: to whom it belongs, where the audience asks.
    `regions`, `divisions`, `target`: what an endpoint's filter is held against, before and after the change; null where
    the event has no such side.
    """

    id: UUID
    type: EventType
    subject: str
    sequence: int
    at: datetime
    data: str
    audience: Audience = Audience.EVERYONE
    organization_id: UUID | None = None
    regions: tuple[str, ...] | None = None
    divisions: tuple[str, ...] | None = None
    target: str | None = None

    @property
    def body(self) -> str:
        """Return the document that is sent, JSON text."""
        return f"{opening(self.id, self.type, self.subject, self.sequence, self.at)}{self.data}}}"


def event_id_text(event_id: UUID) -> str:
    """Return an event's id as everyone knows it: no dot in it, as Standard Webhooks asks."""
    return f"{ID_PREFIX}{event_id.hex}"


def opening(event_id: UUID, type_: EventType, subject: str, sequence: int, at: datetime) -> str:
    """Return an event's document up to its data: `data` and a closing brace complete it.

    Nothing in it needs escaping: identifiers, codes and instants are plain ASCII.
    """
    instant = utc_text(at)
    return (
        f'{{"specversion":"1.0","id":"{event_id_text(event_id)}","source":"{SOURCE}","type":"{type_}",'
        f'"subject":"{subject}","time":"{instant}","timestamp":"{instant}","datacontenttype":"application/json",'
        f'"dataschema":"{schema_uri(type_)}","sequence":"{sequence:0{SEQUENCE_DIGITS}d}","data":'
    )


def schema_uri(type_: EventType) -> str:
    """Return where the schema of a type's document is found, relative to the registry."""
    return f"/openapi/events/{type_}.schema.json"


def record_audience(type_: EventType, *, before: Status | None, after: Status) -> Audience:
    """Return who may see an event about a record: everyone if the record was public before or after the change.

    A rejection is for its organization and the ministry alone.
    """
    is_rejection = type_ in (EventType.FACTORY_REJECTED, EventType.FOUNDATION_MODEL_REJECTED)
    is_public = before in COUNTING or after in COUNTING
    return Audience.EVERYONE if is_public and not is_rejection else Audience.ORGANIZATION


def record_type_of(record: Record, action: str) -> EventType:
    """Return the type of the event that tells of an action on a record."""
    return EventType(f"{record.record_type}.{action}")


def divisions_of(*states: Record) -> tuple[str, ...] | None:
    """Return the divisions that a record belongs to in any of its states, null if it names none."""
    return tuple(sorted({code[:2] for record in states for code in _industries_of(record)})) or None


def regions_of(*states: Record) -> tuple[str, ...] | None:
    """Return the regions that a record lies in in any of its states, null if it has none."""
    found = {region for record in states if (region := getattr(record, "region", None)) is not None}
    return tuple(sorted(found)) or None


def _industries_of(record: Record) -> Sequence[str]:
    industry = getattr(record, "industry", None)
    return (industry,) if industry else getattr(record, "industries", ())


def with_changed(document: str, changed: Sequence[str]) -> str:
    """Return a record's document, JSON text without its closing brace, completed by the names of what changed."""
    return f'{document},"changed":{json.dumps(sorted(changed))}}}'


def json_text(data: Any) -> str:
    """Return data as JSON text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def is_visible(audience: Audience, *, organization_id: UUID | None, to: UUID, is_ministry: bool) -> bool:
    """Tell whether the organization `to` may see an event; what is for one endpoint stands in no feed."""
    match audience:
        case Audience.EVERYONE:
            return True
        case Audience.ORGANIZATION:
            return is_ministry or organization_id == to
        case Audience.ENDPOINT:
            return False
        case _:
            assert_never(audience)
