"""Setting targets: making, revising and closing them. Every revision is kept with its reason, and audited."""

from collections.abc import Mapping
from dataclasses import replace
from secrets import randbits
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Permission, require, require_open_organization
from service.core.errors import Invalid, NotFound, TargetClosed
from service.core.events import EventType
from service.core.idempotency import IdempotencyKey
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.pages import Page
from service.core.regions import RegionBook
from service.core.target_fields import CODE, check_new, check_revision
from service.core.targets import RegisteredTarget, Revision, TargetState, fields_of, public_fields
from service.db.repositories import audit, targets
from service.db.repositories.idempotent_answers import KeptAnswer
from service.usecases.alerting import resolve_alert_of
from service.usecases.idempotency import Created, answered_before, keep_answer
from service.usecases.publishing import publish_target

RECORD_TYPE = "target"
REASON_OF_CREATION = "Created."
REASON_OF_CLOSING = "Closed."


async def show_target(tx: AsyncSession, code: str) -> RegisteredTarget:
    """Return a target.

    Raises:
        NotFound: there is none of this code.
    """
    # What can't be a code (a NUL byte, say) is none; the database is not asked.
    target = await targets.find(tx, code) if CODE.fullmatch(code) else None
    if target is None:
        raise NotFound
    return target


async def show_targets(
    tx: AsyncSession, asked: Mapping[str, Any], *, position: tuple[str, ...] | None
) -> Page[RegisteredTarget]:
    """Return a page of targets by code; `asked` has `limit`, and `state` and `metric`, or None for each."""
    return await targets.page(tx, asked, position=position)


async def show_revisions(
    tx: AsyncSession, code: str, *, limit: int, position: tuple[str, ...] | None
) -> Page[Revision]:
    """Return a page of the revisions of a target that there is, the newest first."""
    return await targets.revisions(tx, code, limit=limit, position=position)


async def create_target(
    tx: AsyncSession,
    body: Mapping[str, Any],
    *,
    act: Act,
    book: RegionBook,
    repeat: IdempotencyKey | None = None,
) -> Created:
    """Make a target, or answer as before if `repeat` was answered already.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        AlreadyRegistered: there is a target of this code.
        IdempotencyKeyReused, StillRunning: as `answered_before` says.
    """
    kept = await answered_before(tx, repeat, now=act.now)
    if kept is not None:
        return Created(kept.body, kept.etag, kept.location)
    target, reason, problems = check_new(body, book)
    if target is None:
        raise Invalid(problems)
    made = RegisteredTarget(target=target, created_at=act.now, updated_at=act.now)
    await targets.add(tx, made)
    await _write_down(tx, made, action="created", reason=reason or REASON_OF_CREATION, act=act)
    answer = KeptAnswer(location=f"/v1/targets/{target.code}", etag=f'"{made.version}"', body=_text(made))
    await keep_answer(tx, repeat, answer, now=act.now)
    return Created(answer.body, answer.etag, answer.location)


async def lock_for_revision(tx: AsyncSession, code: str, *, act: Act) -> RegisteredTarget:
    """Return a target, locked, if the caller may set targets.

    Raises:
        NotFound: there is none of this code.
        Forbidden: setting targets is for the ministry.
        OrganizationClosed: the caller's organization is closed.
    """
    if act.caller.is_staff and act.caller.organization_open and CODE.fullmatch(code):
        target = await targets.lock(tx, code)
        if target is None:
            raise NotFound
        return target
    target = await show_target(tx, code)  # nobody waits for a lock only to be refused, nor holds one
    require(act.caller, Permission.SET_TARGETS)
    require_open_organization(act.caller)
    return target


async def revise_target(
    tx: AsyncSession, current: RegisteredTarget, patch: Mapping[str, Any], *, act: Act, book: RegionBook
) -> RegisteredTarget:
    """Apply a merge patch (RFC 7396) with its `reason` to a locked target; one that changes nothing writes nothing.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        TargetClosed: the target is closed.
    """
    target, reason, problems = check_revision(current.target, patch, book)
    if target is None or reason is None:
        raise Invalid(problems)
    _require_active(current)
    if target == current.target:
        return current
    revised = _next(replace(current, target=target), act=act)
    await targets.save(tx, revised)
    await _write_down(tx, revised, action="revised", reason=reason, act=act, before=current)
    return revised


async def close_target(
    tx: AsyncSession, current: RegisteredTarget, reason: str | None, *, act: Act
) -> RegisteredTarget:
    """Close a locked target: it is not watched any more, and not revised. Its alert is resolved with it.

    Raises:
        TargetClosed: it is closed already.
    """
    _require_active(current)
    closed = _next(replace(current, target=replace(current.target, state=TargetState.CLOSED)), act=act)
    await targets.save(tx, closed)
    await resolve_alert_of(tx, closed.target.code, act=act)
    await _write_down(tx, closed, action="closed", reason=reason or REASON_OF_CLOSING, act=act, before=current)
    return closed


def _require_active(current: RegisteredTarget) -> None:
    if current.target.state is TargetState.CLOSED:
        raise TargetClosed


def _next(changed: RegisteredTarget, *, act: Act) -> RegisteredTarget:
    # The clock may stand still or step back; the revisions of a target are in order all the same.
    return replace(changed, version=changed.version + 1, updated_at=max(act.now, changed.updated_at))


async def _write_down(
    tx: AsyncSession,
    registered: RegisteredTarget,
    *,
    action: str,
    reason: str,
    act: Act,
    before: RegisteredTarget | None = None,
) -> None:
    """Keep the revision, audit what changed, and tell everyone."""
    change_id = uuid7(act.now, randbits(RANDOM_BITS))
    await targets.add_revision(tx, registered, reason=reason, change_id=change_id, act=act)
    earlier = {} if before is None else fields_of(before.target)
    later = fields_of(registered.target)
    changed = [name for name in later if name in earlier and earlier[name] != later[name]]
    await audit.add_entry(
        tx,
        entry_id=change_id,
        act=act,
        action=action,
        record_type=RECORD_TYPE,
        record_id=registered.target.code,
        before=None if before is None else {name: earlier[name] for name in changed},
        after=(later if before is None else {name: later[name] for name in changed}) | {"reason": reason},
        changed=changed,
    )
    sequence = await targets.next_event_sequence(tx, registered.target.code)
    type_ = EventType(f"target.{action}")
    await publish_target(tx, type_, registered.target.code, public_fields(registered), sequence=sequence, now=act.now)


def _text(registered: RegisteredTarget) -> str:
    return orjson.dumps(public_fields(registered)).decode()
