"""Registering organizations, and amending them."""

from collections.abc import Mapping
from dataclasses import replace
from secrets import randbits
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Caller, require_open_organization
from service.core.errors import FieldProblem, Invalid, NotFound
from service.core.fields import check_body
from service.core.idempotency import IdempotencyKey
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.organizations import (
    FIELDS,
    FIELDS_OF_OWNER,
    PATCH_FIELDS,
    PRIVATE_FIELDS,
    READ_ONLY,
    Organization,
    all_fields,
    changed_fields,
    kind_problems,
    ownership_problems,
    public_fields,
    sees_organization,
)
from service.core.pages import Page
from service.db.read_models.organizations import list_organizations
from service.db.repositories import api_keys, audit, organizations
from service.db.repositories.idempotent_answers import KeptAnswer
from service.usecases.idempotency import Created, answered_before, keep_answer

RECORD_TYPE = "organization"


async def show_organization(tx: AsyncSession, organization_id: UUID, *, caller: Caller) -> Organization:
    """Return an organization that the caller sees.

    Raises:
        NotFound: there is none, or it is not the caller's to see.
    """
    organization = None
    if sees_organization(caller, organization_id):
        organization = await organizations.find(tx, organization_id)
    if organization is None:
        raise NotFound
    return organization


async def show_page(
    tx: AsyncSession, asked: Mapping[str, Any], *, caller: Caller, position: tuple[str, ...] | None
) -> Page[Organization]:
    """Return a page of the organizations the caller sees; `asked` is as `list_organizations` takes it."""
    only = None if caller.is_staff else caller.organization_id
    return await list_organizations(tx, asked, position=position, only=only)


async def register_organization(
    tx: AsyncSession, body: Mapping[str, Any], *, act: Act, repeat: IdempotencyKey | None = None
) -> Created:
    """Register an organization, or answer as before if `repeat` was answered already.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        AlreadyRegistered: another one has this business registration number.
        IdempotencyKeyReused, StillRunning: as `answered_before` says.
    """
    kept = await answered_before(tx, repeat, now=act.now)
    if kept is not None:
        return await _answer_again(tx, kept)
    values, problems = check_body(body, FIELDS, read_only=READ_ONLY)
    if problems:
        raise Invalid(problems)
    organization = await add_organization(tx, values, act=act)
    answer = KeptAnswer(
        location=f"/v1/organizations/{organization.id}",
        etag=f'"{organization.version}"',
        body=_text(public_fields(organization)),
        contact_of=organization.id,
    )
    await keep_answer(tx, repeat, answer, now=act.now)
    return Created(_text(all_fields(organization)), answer.etag, answer.location)


async def add_organization(tx: AsyncSession, values: Mapping[str, Any], *, act: Act) -> Organization:
    """Write a new organization from clean fields, with its audit entry.

    Raises:
        AlreadyRegistered: another one has this business registration number.
    """
    organization = Organization(id=_new_id(act), created_at=act.now, updated_at=act.now, **values)
    await organizations.add(tx, organization)
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="created",
        record_type=RECORD_TYPE,
        record_id=organization.id,
        after=public_fields(organization),
    )
    return organization


async def lock_for_amendment(tx: AsyncSession, organization_id: UUID, *, act: Act) -> Organization:
    """Return an organization, locked, if the caller sees it and may amend it.

    Raises:
        NotFound: there is none, or it is not the caller's to see.
        OrganizationClosed: the caller's organization is closed.
    """
    organization = None
    if sees_organization(act.caller, organization_id):
        organization = await organizations.lock(tx, organization_id)
    if organization is None:
        raise NotFound
    require_open_organization(act.caller)
    return organization


async def amend_organization(
    tx: AsyncSession, organization: Organization, patch: Mapping[str, Any], *, act: Act
) -> Organization:
    """Apply a merge patch (RFC 7396) to a locked organization; one that changes nothing writes nothing.

    Raises:
        Invalid: fields are wrong, or only staff may set them; all of them are named at once.
        AlreadyRegistered: another one has this business registration number.
    """
    values, problems = _check(patch, caller=act.caller)
    kind = values.get("kind") or organization.kind
    if kind != organization.kind:
        roles = await api_keys.roles_in_force(tx, organization.id, now=act.now)
        problems += kind_problems(kind, roles)
    if problems:
        raise Invalid(problems)
    amended = replace(organization, **values)
    changed = changed_fields(organization, amended)
    if not changed:
        return organization
    # The clock may stand still or step back; the changes of one organization are in order all the same.
    amended = replace(amended, version=organization.version + 1, updated_at=max(act.now, organization.updated_at))
    await organizations.save(tx, amended)
    shown = [name for name in changed if name not in PRIVATE_FIELDS]
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="updated",
        record_type=RECORD_TYPE,
        record_id=organization.id,
        before={name: getattr(organization, name) for name in shown},
        after={name: getattr(amended, name) for name in shown},
        changed=changed,
    )
    return amended


def _check(patch: Mapping[str, Any], *, caller: Caller) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Check a patch; what only staff may set is refused as such to others, whatever it says."""
    withheld = ownership_problems(caller, patch)
    fields = PATCH_FIELDS if caller.is_staff else {name: PATCH_FIELDS[name] for name in FIELDS_OF_OWNER}
    taken = {name: value for name, value in patch.items() if name in fields or name not in FIELDS}
    values, problems = check_body(taken, fields, partial=True, read_only=READ_ONLY)
    return values, withheld + problems


async def _answer_again(tx: AsyncSession, kept: KeptAnswer) -> Created:
    body = orjson.loads(kept.body)
    if kept.contact_of is not None:
        # Personal data is not kept with the answer: it is read from its own table, where it can be erased.
        organization = await organizations.find(tx, kept.contact_of)
        body["contact_email"] = organization and organization.contact_email
    return Created(_text(body), kept.etag, kept.location)


def _text(fields: Mapping[str, Any]) -> str:
    return orjson.dumps(fields).decode()


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))
