"""Registering a factory or a foundation model: look once, then one statement that writes all of it or nothing."""

from collections.abc import Mapping
from secrets import randbits
from typing import Any
from uuid import UUID

from service.core import factories, foundation_models
from service.core.access import Act
from service.core.errors import FieldProblem, IdempotencyKeyReused, Invalid, LikelyDuplicate, StillRunning
from service.core.factories import Factory
from service.core.fields import Field, Fields, check_body, problem
from service.core.foundation_models import FoundationModel
from service.core.idempotency import IdempotencyKey
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.records import CONTACT_FIELDS, READ_ONLY, Contact, Record, RecordKind, day_in_seoul
from service.core.regions import RegionBook
from service.db.engine import HotConnection
from service.db.repositories import new_records
from service.db.repositories.new_records import Answer, Found, Rendered
from service.usecases.idempotency import Created
from service.usecases.rendering import contact_part, opening, private_part

KINDS = {kind.record_type: kind for kind in (factories.KIND, foundation_models.KIND)}


async def register(
    hot: HotConnection,
    kind: RecordKind,
    body: Mapping[str, Any],
    *,
    act: Act,
    book: RegionBook,
    repeat: IdempotencyKey | None = None,
    allow_similar: bool = False,
) -> Created:
    """Register a factory or foundation model, or answer as before if `repeat` was answered already.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        LikelyDuplicate: the organization has one of nearly the same name in the region; not with `allow_similar`.
        AlreadyRegistered: the organization has used this `external_ref`.
        IdempotencyKeyReused: the key came with another body before.
        StillRunning: a request with this key is being answered at this moment.
    """
    values, problems = _check(kind, body, act=act, book=book)
    found = await _look_up(hot, kind, values, likeness=not allow_similar and not problems, repeat=repeat, act=act)
    if found.kept:
        return await _answer_again(hot, found.kept, repeat)
    problems += reference_problems(values, organization_known=found.organization_is_synthetic is not None, found=found)
    if problems:
        raise Invalid(problems)
    if found.alike:
        raise LikelyDuplicate(found.alike)
    record = _new_record(kind, values, found=found, act=act)
    rendered = Rendered(opening(kind, record, book.by_code), private_part(kind, record))
    contact = Contact(values.get("contact_name"), values.get("contact_email"))
    has_contact = "contact_name" in kind.fields
    answer = Answer(
        location=f"/v1/{kind.path}/{record.id}",
        etag='"1"',
        body=rendered.whole(),
        contact_of=record.id if has_contact else None,
        repeat=repeat,
    )
    made = await new_records.create(
        hot, record, rendered, contact=contact, act=act, change_id=_new_id(act), answer=answer
    )
    if not made:
        kept = await new_records.kept_answer(hot, repeat.scope if repeat else b"", now=act.now)
        return await _answer_again(hot, kept, repeat)
    whole = rendered.whole(contact_part(contact.name, contact.email) if has_contact else "")
    return Created(whole, answer.etag, answer.location)


def fields_of(kind: RecordKind, book: RegionBook) -> Fields:
    """Return the field rules of a kind of record, with the regions as they are today."""
    if "region" not in kind.fields:
        return kind.fields
    return {**kind.fields, "region": Field(book.resolve, required=True)}


def reference_problems(values: Mapping[str, Any], *, organization_known: bool, found: Found) -> list[FieldProblem]:
    """Return what is wrong with the organization and the foundation models that a body names."""
    problems = []
    if values.get("organization_id") and not organization_known:
        problems.append(problem("organization_id", "unknown_organization"))
    for index, model_id in enumerate(values.get("foundation_model_ids") or ()):
        if model_id not in found.known_models:
            problems.append(problem(f"foundation_model_ids/{index}", "unknown_foundation_model"))
    return problems


def _check(
    kind: RecordKind, body: Mapping[str, Any], *, act: Act, book: RegionBook
) -> tuple[dict[str, Any], list[FieldProblem]]:
    caller = act.caller
    if not caller.is_staff and body.get("organization_id") is None:
        body = {**body, "organization_id": str(caller.organization_id)}
    values, problems = check_body(body, fields_of(kind, book), read_only=READ_ONLY)
    organization_id = values.get("organization_id")
    if organization_id and not caller.is_staff and not caller.owns(organization_id):
        problems.append(problem("organization_id", "unknown_organization"))
        del values["organization_id"]
    if registered_on := values.get("registered_on"):
        today = day_in_seoul(act.now)
        if not caller.is_staff:
            problems.append(problem("registered_on", "ministry_only"))
        elif registered_on > today:
            problems.append(problem("registered_on", "in_the_future", today=today))
    return values, problems


async def _look_up(
    hot: HotConnection,
    kind: RecordKind,
    values: dict[str, Any],
    *,
    likeness: bool,
    repeat: IdempotencyKey | None,
    act: Act,
) -> Found:
    """Look once, also when fields are wrong already: every error of a body is told at once."""
    asked = {name: values.get(name) for name in ("name", "organization_id", "region", "external_ref")}
    asked["name"] = asked["name"] or ""
    asked["foundation_model_ids"] = values.get("foundation_model_ids") or ()
    if kind is factories.KIND:
        return await new_records.look_up_before_factory(hot, asked, likeness=likeness, repeat=repeat, now=act.now)
    return await new_records.look_up_before_foundation_model(hot, asked, repeat=repeat, now=act.now)


def _new_record(kind: RecordKind, values: dict[str, Any], *, found: Found, act: Act) -> Record:
    given = {name: value for name, value in values.items() if name not in CONTACT_FIELDS}
    given["registered_on"] = values["registered_on"] or day_in_seoul(act.now)
    assigned: dict[str, Any] = {
        "id": _new_id(act),
        "registry_number": kind.registry_number(found.number, act.now),
        "synthetic": found.organization_is_synthetic,
        "created_at": act.now,
        "updated_at": act.now,
    }
    return Factory(**given, **assigned) if kind is factories.KIND else FoundationModel(**given, **assigned)


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))


async def _answer_again(hot: HotConnection, kept: Mapping[str, Any] | None, repeat: IdempotencyKey | None) -> Created:
    if kept is None or repeat is None:
        raise StillRunning
    if kept["body_digest"] != repeat.body_digest.hex():
        raise IdempotencyKeyReused
    body = kept["body"]
    if kept["contact_of"]:
        # Personal data is not kept with the answer: it is read from its own table, where it can be erased.
        contact = await new_records.contact_of(hot, UUID(str(kept["contact_of"])))
        body = body[:-1] + contact_part(contact.name, contact.email) + "}"
    return Created(body, kept["etag"], kept["location"])
