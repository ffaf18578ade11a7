"""What factories and foundation models have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

from service.core.fields import Fields
from service.core.lifecycle import Status
from service.core.regions import Region

SEOUL = timezone(timedelta(hours=9), "KST")
"""The programme's zone. Korea has kept UTC+9 without summer time since 1988, so no zone database is needed."""


@lru_cache(maxsize=64)  # the same instant is asked for several times in a request
def day_in_seoul(instant: datetime) -> date:
    """Return the programme's calendar day of an aware instant."""
    return instant.astimezone(SEOUL).date()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the ministry turned a registration down; private to its organization and the ministry."""

    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Personal data (PIPA): kept in a table of its own, and never in history, audit, events or logs."""

    name: str | None = None
    email: str | None = None


NO_CONTACT = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(ABC):
    """A registered thing. `version` rises by one with every change and is the ETag."""

    record_type: ClassVar[str]

    id: UUID
    registry_number: str
    organization_id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    registered_on: date
    name_en: str | None = None
    external_ref: str | None = None
    status: Status = Status.SUBMITTED
    retired_on: date | None = None
    rejection: Rejection | None = None
    synthetic: bool = False
    version: int = 1

    @property
    @abstractmethod
    def counts_on(self) -> date:
        """Return the day on which the record counts once it is verified."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """What the registration rules need to know of one kind of record."""

    record_type: str
    path: str
    number_format: str
    date_field: str
    fields: Fields
    counting_fields: frozenset[str]
    public_fields: Callable[[Any, Mapping[str, Region]], dict[str, Any]]
    private_fields: Callable[[Any], dict[str, Any]]

    def registry_number(self, number: int, created_at: datetime) -> str:
        """Return the number people quote: the year of registration in Seoul and a rising number, gaps allowed."""
        return self.number_format.format(year=day_in_seoul(created_at).year, number=number)


CONTACT_FIELDS = ("contact_name", "contact_email")
READ_ONLY = (
    "id",
    "registry_number",
    "status",
    "retired_on",
    "rejection",
    "synthetic",
    "version",
    "created_at",
    "registered_at",
    "updated_at",
)


@lru_cache(maxsize=64)  # as above
def utc_text(instant: datetime) -> str:
    """Return an aware UTC instant as RFC 3339 with `Z` and microseconds."""
    return instant.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def head_of(record: Record) -> dict[str, Any]:
    """Return the public fields that every record begins with."""
    return {
        "id": str(record.id),
        "registry_number": record.registry_number,
        "name": record.name,
        "name_en": record.name_en,
        "organization_id": str(record.organization_id),
        "status": record.status.value,
    }


def tail_of(record: Record) -> dict[str, Any]:
    """Return the public fields that every record ends with. `registered_at` is another name of `created_at`."""
    created_at = utc_text(record.created_at)
    return {
        "registered_on": record.registered_on.isoformat(),
        "retired_on": record.retired_on and record.retired_on.isoformat(),
        "synthetic": record.synthetic,
        "created_at": created_at,
        "registered_at": created_at,
        "updated_at": utc_text(record.updated_at),
        "version": record.version,
    }


def rejection_of(record: Record) -> dict[str, str] | None:
    """Return the reasons of a rejection, or None."""
    if record.rejection is None:
        return None
    return {"reason_code": record.rejection.reason_code, "reason": record.rejection.reason}
