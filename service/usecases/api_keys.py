"""Making keys, and revoking them."""

from collections.abc import Mapping
from datetime import datetime
from secrets import randbits, token_urlsafe
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Caller, Role, may_manage_keys_of, require_open_organization
from service.core.api_keys import (
    FIELDS,
    READ_ONLY,
    SECRET_BYTES,
    VERSION,
    ApiKey,
    digest_of,
    key_fields,
    key_problems,
    key_text,
    prefix_of,
)
from service.core.errors import Forbidden, Invalid, NotFound
from service.core.fields import check_body
from service.core.idempotency import IdempotencyKey
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.organizations import Organization, sees_organization
from service.core.records import utc_text
from service.db.repositories import api_keys, audit, organizations
from service.db.repositories.idempotent_answers import KeptAnswer
from service.usecases.idempotency import Created, answered_before, keep_answer

RECORD_TYPE = "api_key"
ETAG = f'"{VERSION}"'


async def find_for_keys(tx: AsyncSession, organization_id: UUID, *, caller: Caller) -> Organization:
    """Return an organization whose keys the caller manages.

    Raises:
        NotFound: there is none, or it is not the caller's to see.
        Forbidden: the caller sees it, but its keys are managed by others.
    """
    found = await organizations.find(tx, organization_id) if sees_organization(caller, organization_id) else None
    return _managed(found, caller)


async def hold_for_keys(tx: AsyncSession, organization_id: UUID, *, caller: Caller) -> Organization:
    """Return an organization whose keys the caller may change; its kind stays until the transaction ends.

    Raises:
        NotFound, Forbidden: as `find_for_keys`.
        OrganizationClosed: the caller's own organization is closed.
    """
    found = await organizations.hold(tx, organization_id) if sees_organization(caller, organization_id) else None
    organization = _managed(found, caller)
    require_open_organization(caller)
    return organization


async def create_key(
    tx: AsyncSession,
    organization: Organization,
    body: Mapping[str, Any],
    *,
    act: Act,
    repeat: IdempotencyKey | None = None,
) -> Created:
    """Make a key for an organization that is held; a repeated answer shows all but the key itself.

    Raises:
        Forbidden: an operator's key, and the caller is none.
        Invalid: fields are wrong; all of them are named at once.
        IdempotencyKeyReused, StillRunning: as `answered_before` says.
    """
    _require_operator_for(body.get("role"), act.caller)
    kept = await answered_before(tx, repeat, now=act.now)
    if kept is not None:
        return Created(kept.body, kept.etag, kept.location)
    values, problems = check_body(body, FIELDS, read_only=READ_ONLY)
    problems += key_problems(values, kind=organization.kind, now=act.now)
    if problems:
        raise Invalid(problems)
    key, text = await issue_key(tx, organization.id, **values, act=act)
    shown = key_fields(key)
    location = f"/v1/organizations/{organization.id}/api-keys/{key.id}"
    answer = KeptAnswer(location=location, etag=ETAG, body=orjson.dumps(shown).decode())
    await keep_answer(tx, repeat, answer, now=act.now)
    return Created(orjson.dumps(shown | {"key": text}).decode(), ETAG, location)


async def issue_key(
    tx: AsyncSession, organization_id: UUID, *, label: str, role: str, act: Act, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Write a new key from clean fields, with its audit entry; return it and its text, which is kept nowhere."""
    text = key_text(token_urlsafe(SECRET_BYTES))
    key = ApiKey(
        id=_new_id(act),
        organization_id=organization_id,
        label=label,
        role=role,
        prefix=prefix_of(text),
        created_at=act.now,
        expires_at=expires_at,
    )
    await api_keys.add(tx, key, digest=digest_of(text))
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="created",
        record_type=RECORD_TYPE,
        record_id=key.id,
        after=key_fields(key),
    )
    return key, text


async def show_key(tx: AsyncSession, organization: Organization, key_id: UUID) -> ApiKey:
    """Return a key of an organization whose keys the caller manages.

    Raises:
        NotFound: it has none with this id, or it was revoked.
    """
    return _of(organization, await api_keys.find(tx, key_id))


async def lock_for_revoking(tx: AsyncSession, organization: Organization, key_id: UUID, *, caller: Caller) -> ApiKey:
    """Return a key of an organization that is held, locked, if the caller may revoke it. It may be the caller's own.

    Raises:
        NotFound: the organization has none with this id, or it was revoked.
        Forbidden: an operator's key, and the caller is none.
    """
    key = _of(organization, await api_keys.lock(tx, key_id))
    _require_operator_for(key.role, caller)
    return key


async def revoke_key(tx: AsyncSession, key: ApiKey, *, act: Act) -> None:
    """Revoke a locked key; every process refuses it within five seconds."""
    await api_keys.revoke(tx, key.id, now=act.now)
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="revoked",
        record_type=RECORD_TYPE,
        record_id=key.id,
        before={"revoked_at": None},
        after={"revoked_at": utc_text(act.now)},
        changed=("revoked_at",),
    )


def _managed(organization: Organization | None, caller: Caller) -> Organization:
    if organization is None:
        raise NotFound
    if not may_manage_keys_of(caller, organization_id=organization.id, kind=organization.kind):
        raise Forbidden(role=caller.role.value)
    return organization


def _of(organization: Organization, key: ApiKey | None) -> ApiKey:
    if key is None or key.organization_id != organization.id:
        raise NotFound
    return key


def _require_operator_for(role: Any, caller: Caller) -> None:
    if role == Role.OPERATOR and caller.role is not Role.OPERATOR:
        raise Forbidden(role=caller.role.value)


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))
