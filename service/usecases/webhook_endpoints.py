"""Webhook endpoints: making and amending them, their secrets, and what is held or sent. Every change is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from secrets import randbits, token_bytes
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.clients.secret_box import SecretBox
from service.core.access import Act, Caller, require_open_organization
from service.core.endpoint_urls import endpoint_url
from service.core.errors import Invalid, NotFound, TooManySecrets
from service.core.fields import problem
from service.core.idempotency import IdempotencyKey
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.pages import Page
from service.core.regions import RegionBook
from service.core.signing import SECRET_BYTES, secret_text
from service.core.webhook_endpoints import (
    OLDER_SECRETS_MOST,
    RECORD_TYPE,
    SUBJECT,
    Endpoint,
    EndpointState,
    Surroundings,
    changed_fields,
    check_new,
    check_patch,
    in_current_regions,
    kept_fields,
    named_targets,
    next_version,
    organization_problems,
    overlap,
    paused,
    public_fields,
    resumed,
    sees_endpoint,
    sees_every_endpoint,
)
from service.db.read_models.webhook_endpoints import list_endpoints
from service.db.repositories import audit, organizations, targets, webhook_deliveries, webhook_endpoints
from service.db.repositories.idempotent_answers import KeptAnswer
from service.usecases.idempotency import Created, answered_before, keep_answer


@dataclass(frozen=True, slots=True)
class Rules:
    """What an endpoint may be here: the regions, and which URLs the settings allow."""

    book: RegionBook
    allow_http: bool
    networks: Sequence[IPv4Network | IPv6Network]

    def url(self, value: Any) -> str:
        """Take the URL of an endpoint."""
        return endpoint_url(value, allow_http=self.allow_http, networks=self.networks)


async def show_endpoint(tx: AsyncSession, endpoint_id: UUID, *, caller: Caller) -> Endpoint:
    """Return an endpoint that the caller sees.

    Raises:
        NotFound: there is none, or it is another organization's.
    """
    return _seen(await webhook_endpoints.find(tx, endpoint_id), caller)


async def show_endpoints(
    tx: AsyncSession, asked: Mapping[str, Any], *, caller: Caller, position: tuple[str, ...] | None
) -> Page[Endpoint]:
    """Return a page of the endpoints that the caller sees; `asked` is as `list_endpoints` takes it."""
    only = None if sees_every_endpoint(caller) else caller.organization_id
    return await list_endpoints(tx, asked, only=only, position=position)


async def create_endpoint(
    tx: AsyncSession,
    body: Mapping[str, Any],
    *,
    act: Act,
    rules: Rules,
    box: SecretBox,
    repeat: IdempotencyKey | None = None,
) -> Created:
    """Make an endpoint; the answer alone shows its secret, and a repeated answer everything but that.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        IdempotencyKeyReused, StillRunning: as `answered_before` says.
    """
    kept = await answered_before(tx, repeat, now=act.now)
    if kept is not None:
        return Created(kept.body, kept.etag, kept.location)
    endpoint = await _checked(tx, body, act=act, rules=rules)
    await webhook_endpoints.add(tx, endpoint)
    secret = await _add_secret(tx, endpoint, act=act, box=box)
    await _write_down(tx, endpoint, action="created", act=act)
    shown = public_fields(endpoint)
    location = f"/v1/{SUBJECT}/{endpoint.id}"
    answer = KeptAnswer(location=location, etag=f'"{endpoint.version}"', body=orjson.dumps(shown).decode())
    await keep_answer(tx, repeat, answer, now=act.now)
    return Created(orjson.dumps({**shown, "secret": secret}).decode(), answer.etag, location)


async def lock_endpoint(tx: AsyncSession, endpoint_id: UUID, *, act: Act, to_delete: bool = False) -> Endpoint:
    """Return an endpoint, locked, if the caller may change it.

    Raises:
        NotFound: there is none, or it is another organization's.
        OrganizationClosed: the caller's organization is closed.
    """
    await show_endpoint(tx, endpoint_id, caller=act.caller)  # nobody waits for a lock only to be refused
    require_open_organization(act.caller)
    return _seen(await webhook_endpoints.lock(tx, endpoint_id, to_delete=to_delete), act.caller)


async def amend_endpoint(
    tx: AsyncSession, endpoint: Endpoint, patch: Mapping[str, Any], *, act: Act, rules: Rules
) -> Endpoint:
    """Apply a merge patch (RFC 7396) to a locked endpoint; one that changes nothing writes nothing.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
    """
    amended, problems = check_patch(endpoint, patch, await _surroundings(tx, patch, rules))
    if problems:
        raise Invalid(problems)
    if endpoint.ordered and not amended.ordered:
        await webhook_deliveries.wake_put_off(tx, endpoint.id)
    return await _keep(tx, endpoint, amended, action="updated", act=act)


async def remove_endpoint(tx: AsyncSession, endpoint: Endpoint, *, act: Act) -> None:
    """Remove a locked endpoint with its secrets and deliveries; the audit remembers it."""
    await webhook_endpoints.remove(tx, endpoint.id)
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="deleted",
        record_type=RECORD_TYPE,
        record_id=endpoint.id,
        before=kept_fields(endpoint),
    )


async def rotate_secret(
    tx: AsyncSession, endpoint: Endpoint, overlap_hours: int, *, act: Act, box: SecretBox
) -> tuple[Endpoint, str]:
    """Give a locked endpoint a new secret; those before it stay valid for `overlap_hours` more at most.

    Returns the endpoint and the secret's text, which is shown in this one answer.

    Raises:
        TooManySecrets: as many older ones as there may be would be valid still.
    """
    until = act.now + overlap(overlap_hours)
    older = await webhook_endpoints.retire_secrets(tx, endpoint.id, now=act.now, until=until)
    if older > OLDER_SECRETS_MOST:
        raise TooManySecrets(limit=OLDER_SECRETS_MOST)
    secret = await _add_secret(tx, endpoint, act=act, box=box)
    # Nothing of the endpoint that is shown has changed; its version tells workers that its secrets have.
    rotated = next_version(endpoint, now=act.now)
    await webhook_endpoints.save(tx, rotated)
    await note(tx, endpoint.id, action="secret_rotated", act=act, after={"overlap_hours": overlap_hours})
    return rotated, secret


async def pause_endpoint(tx: AsyncSession, endpoint: Endpoint, *, act: Act) -> Endpoint:
    """Let a locked endpoint hold its deliveries from now on; of a paused one nothing changes.

    Raises:
        TransitionNotAllowed: it is disabled.
    """
    await _keep(tx, endpoint, paused(endpoint), action="paused", act=act)
    return await _reread(tx, endpoint.id)


async def resume_endpoint(tx: AsyncSession, endpoint: Endpoint, *, act: Act) -> Endpoint:
    """Let a locked endpoint be sent all that it holds, the oldest first; an active one stays as it is."""
    if endpoint.state is EndpointState.ACTIVE:
        return endpoint
    await _keep(tx, endpoint, resumed(endpoint), action="resumed", act=act)
    await webhook_endpoints.forget_failures(tx, endpoint.id)
    await webhook_deliveries.make_all_due(tx, endpoint.id)
    return await _reread(tx, endpoint.id)


async def note(
    tx: AsyncSession, endpoint_id: UUID, *, action: str, act: Act, after: Mapping[str, Any] | None = None
) -> None:
    """Audit what was done with an endpoint without changing a field of it."""
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action=action,
        record_type=RECORD_TYPE,
        record_id=endpoint_id,
        after=after,
    )


async def follow_regions(tx: AsyncSession, codes: Sequence[str], book: RegionBook, *, act: Act) -> int:
    """Let every filter that names one of these regions name what it has become; return how many have changed."""
    moved = 0
    for endpoint in await webhook_endpoints.lock_those_in(tx, codes):
        current = in_current_regions(endpoint, book)
        moved += current != endpoint
        await _keep(tx, endpoint, current, action="region_changed", act=act)
    return moved


async def _checked(tx: AsyncSession, body: Mapping[str, Any], *, act: Act, rules: Rules) -> Endpoint:
    values, problems = check_new(body, await _surroundings(tx, body, rules))
    organization_id = values.get("organization_id") or act.caller.organization_id
    problems += organization_problems(act.caller, organization_id)
    # Looked for only where the caller may look.
    if not problems and (organization_id is None or await organizations.find(tx, organization_id) is None):
        problems.append(problem("organization_id", "unknown_organization"))
    if problems:
        raise Invalid(problems)
    values["organization_id"] = organization_id
    return Endpoint(id=_new_id(act), created_at=act.now, updated_at=act.now, **values)


async def _surroundings(tx: AsyncSession, body: Mapping[str, Any], rules: Rules) -> Surroundings:
    known = await targets.codes(tx) if named_targets(body) else frozenset[str]()
    return Surroundings(url=rules.url, book=rules.book, targets=known)


async def _add_secret(tx: AsyncSession, endpoint: Endpoint, *, act: Act, box: SecretBox) -> str:
    secret = token_bytes(SECRET_BYTES)
    await webhook_endpoints.add_secret(
        tx, endpoint.id, secret_id=_new_id(act), ciphertext=box.lock(secret), created_at=act.now
    )
    return secret_text(secret)


async def _keep(tx: AsyncSession, before: Endpoint, after: Endpoint, *, action: str, act: Act) -> Endpoint:
    """Write a changed endpoint as its next version, with its audit entry; an unchanged one is not written."""
    if after == before:
        return before
    kept = next_version(after, now=act.now)
    await webhook_endpoints.save(tx, kept)
    await _write_down(tx, kept, action=action, act=act, before=before)
    return kept


async def _write_down(
    tx: AsyncSession, endpoint: Endpoint, *, action: str, act: Act, before: Endpoint | None = None
) -> None:
    later = kept_fields(endpoint)
    changed = () if before is None else changed_fields(before, endpoint)
    earlier = {} if before is None else kept_fields(before)
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action=action,
        record_type=RECORD_TYPE,
        record_id=endpoint.id,
        before=None if before is None else {name: earlier[name] for name in changed},
        after=later if before is None else {name: later[name] for name in changed},
        changed=changed,
    )


async def _reread(tx: AsyncSession, endpoint_id: UUID) -> Endpoint:
    """Return a locked endpoint as it has become, with what waits for it."""
    endpoint = await webhook_endpoints.find(tx, endpoint_id)
    assert endpoint is not None  # noqa: S101 - its row is locked
    return endpoint


def _seen(endpoint: Endpoint | None, caller: Caller) -> Endpoint:
    if endpoint is None or not sees_endpoint(caller, endpoint.organization_id):
        raise NotFound
    return endpoint


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))
