"""Making a factory or foundation model: look once, then one statement that writes everything or nothing. Hot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from service.core import factories, foundation_models
from service.core.access import Act
from service.core.errors import AlreadyRegistered
from service.core.events import divisions_of, opening, record_type_of
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.idempotency import KEPT_FOR, IdempotencyKey
from service.core.records import Contact, Record
from service.core.text import digits_of, likeness_key
from service.db import hot_sql
from service.db.engine import HotConnection
from service.db.repositories.columns import columns_of

FIRST = 1
"""The sequence of a subject's first event."""

_CREATION: dict[type[Record], tuple[str, str, dict[str, str]]] = {
    Factory: (hot_sql.CREATE_FACTORY, factories.KIND.path, hot_sql.FACTORY_COLUMNS),
    FoundationModel: (
        hot_sql.CREATE_FOUNDATION_MODEL,
        foundation_models.KIND.path,
        hot_sql.FOUNDATION_MODEL_COLUMNS,
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the registry knows before a record is made.

    `organization_is_synthetic` is None if there is no such organization. `alike`: likely duplicates (id,
    registry_number, name). `kept`: the answer given to the same Idempotency-Key before.
    """

    number: int
    organization_is_synthetic: bool | None
    known_models: frozenset[UUID]
    alike: list[dict[str, Any]]
    kept: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record as JSON text: `opening` is what everyone sees, without its closing brace; `private` continues it."""

    opening: str
    private: str

    def whole(self, contact: str = "") -> str:
        """Return the record as its organization and the ministry see it."""
        return self.opening + self.private + contact + "}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answer for repeats of the request: under `repeat`, if the request can be repeated.

    The contact of `contact_of` is added when it is told again.
    """

    location: str
    etag: str
    body: str
    contact_of: UUID | None
    repeat: IdempotencyKey | None


async def look_up_before_factory(
    hot: HotConnection,
    asked: Mapping[str, Any],
    *,
    likeness: bool,
    repeat: IdempotencyKey | None,
    now: datetime,
) -> Found:
    """Return what must be known before a factory is made.

    `asked` has `organization_id`, `foundation_model_ids`, `region`, `name` and `external_ref`, null where the body was
    wrong; `likeness` tells whether likely duplicates matter.
    """
    row = await hot.fetchrow(
        hot_sql.CHECK_NEW_FACTORY,
        asked["organization_id"],
        asked["foundation_model_ids"],
        asked["region"],
        likeness_key(asked["name"]),
        digits_of(asked["name"]),
        asked["external_ref"],
        likeness,
        repeat and repeat.scope,
        now - KEPT_FOR,
    )
    return _found(row)


async def look_up_before_foundation_model(
    hot: HotConnection, asked: Mapping[str, Any], *, repeat: IdempotencyKey | None, now: datetime
) -> Found:
    """Return what must be known before a foundation model is made."""
    row = await hot.fetchrow(
        hot_sql.CHECK_NEW_FOUNDATION_MODEL, asked["organization_id"], repeat and repeat.scope, now - KEPT_FOR
    )
    return _found(row)


def _found(row: Any) -> Found:
    return Found(
        number=row["number"],
        organization_is_synthetic=row["organization_is_synthetic"],
        known_models=frozenset(row.get("known_models") or ()),
        alike=orjson.loads(row.get("alike") or b"[]"),
        kept=orjson.loads(row["kept"]) if row["kept"] else None,
    )


async def create(
    hot: HotConnection,
    record: Record,
    rendered: Rendered,
    *,
    contact: Contact,
    act: Act,
    change_id: UUID,
    answer: Answer,
) -> bool:
    """Write the record, its contact, history, standing and event, and the answer to repeat; all of it or nothing.

    False: another request with this Idempotency-Key was first, or is at it now; nothing was written.

    Raises:
        AlreadyRegistered: the organization has used this `external_ref`.
    """
    statement, path, names = _CREATION[type(record)]
    columns = columns_of(record) | {
        "document": rendered.opening,
        "private_part": rendered.private,
        "event_sequence": FIRST,
    }
    kind = record_type_of(record, "registered")
    try:
        made = await hot.fetchval(
            statement,
            answer.repeat and answer.repeat.scope,
            answer.repeat and answer.repeat.body_digest,
            answer.location,
            answer.etag,
            answer.body,
            answer.contact_of,
            act.now,
            act.now - KEPT_FOR,
            contact.name,
            contact.email,
            change_id,
            act.caller.kind,
            act.caller.actor_id,
            act.caller.label,
            act.request_id,
            opening(change_id, kind, f"{path}/{record.id}", FIRST, act.now),
            divisions_of(record),
            *(columns[name] for name in names),
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name and error.constraint_name.endswith("_external_ref_key"):
            raise AlreadyRegistered(field="external_ref") from None
        raise
    return made is not None


async def kept_answer(hot: HotConnection, scope: bytes, *, now: datetime) -> dict[str, Any] | None:
    """Return the answer kept under an Idempotency-Key's scope, or None while the first request is still at work."""
    text = await hot.fetchval(hot_sql.KEPT_ANSWER, scope, now - KEPT_FOR)
    return orjson.loads(text) if text else None


async def contact_of(hot: HotConnection, record_id: UUID) -> Contact:
    """Return the contact of a record, as it is now."""
    row = await hot.fetchrow(hot_sql.CONTACT, record_id)
    return Contact(row["name"], row["email"]) if row else Contact()
